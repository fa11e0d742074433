import { grad, mul, type Scalar, sub, sum, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { comparableMask } from '../gradient-steps/comparable-mask.ts';
import { objectives } from '../objectives.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { scorePairs } from './cmml-network.ts';
import type { SupportPairs } from './context-encoder.ts';
import type { TaskContext } from './task-context.ts';

/**
 * Takes the configured steps of gradient descent on the mean loss of each task's support set. Only the contexts change:
 * the steps start from those that the encoder gives, and all weights stay as they are. The places of support pairs are
 * those of `latestPairs`. A task without pairs that the objective can compare keeps its context.
 *
 * The paper of CMML leaves the combination with gradient-based methods to future work. CAVIA (Zintgraf et al. 2019,
 * arXiv 1810.03642) takes such steps too, and also trains with them.
 */
export function refineContext(
  parameters: Tensors,
  config: CmmlConfig,
  task: TaskContext,
  { pairs, labels, mask }: SupportPairs,
): TaskContext {
  const { steps, learningRate } = config.refinement;
  const compared = comparableMask(config, mask);
  // Tasks share no contexts, so the gradient of the summed loss contains the gradient of each task's loss.
  const gradientAt = grad((context: Tensor) => {
    const scores = scorePairs(parameters, config, { ...task, context: context as Tensor3D }, pairs);
    return sum(objectives[config.objective].loss(scores, labels, compared)) as Scalar;
  });
  let { context } = task;
  for (let step = 0; step < steps; step++) {
    context = sub(context, mul(gradientAt(context), learningRate)) as Tensor3D;
  }
  return { ...task, context };
}
