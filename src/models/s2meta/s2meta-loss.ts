import {
  add,
  addN,
  clone,
  div,
  expandDims,
  step as isPositive,
  log,
  maximum,
  mul,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { type EpisodePairs, embedPairs, episodeLoss, episodePairs } from '../episodes.ts';
import { packForTasks } from '../gradient-steps/packed-parameters.ts';
import { withoutGradient } from '../layers.ts';
import { objectives } from '../objectives.ts';
import { lastLayers, type TakenStep, takeSteps } from './inner-loop.ts';
import type { S2MetaConfig } from './s2meta-config.ts';
import { declareLayers, scorePairs } from './s2meta-network.ts';

/**
 * Returns the loss of the query sets after the steps on their support sets, averaged over the tasks of a batch. In
 * training, it also has a term whose gradient is that of REINFORCE for the stop controller. The inputs are those of
 * `episodeInputs`, `embeddingConstants` and `noiseInputs`, with a uniform number for each step of each task. Support sets
 * must have the layout of query sets if the objective is pairwise.
 */
export function s2metaLoss(config: S2MetaConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const support = episodePairs(inputs, 'support');
    const query = episodePairs(inputs, 'query');
    const pairs = embedPairs(parameters, config, schema, inputs, support);
    const queried = embedPairs(parameters, config, schema, inputs, query);
    const start = packForTasks(declareLayers(config, schema), parameters, support.mask.shape[0]);
    const steps = takeSteps(parameters, config, schema, {
      start,
      support: { ...support, pairs },
      draws: inputs.noise as Tensor2D,
    });
    const scoresAt = (layers: Tensor2D) => scorePairs(config, schema, layers, queried);
    const lossesAt = (layers: Tensor2D) =>
      withoutGradient(() => clone(objectives[config.objective].loss(scoresAt(layers), query.labels, query.mask)));
    const losses = [start, ...steps.map(({ layers }) => layers)].map(lossesAt);
    const loss = episodeLoss(config.objective, scoresAt(lastLayers(steps)), query);
    return add(loss, mul(inputs.training as Tensor, stopLoss(config, steps, losses, query))) as Scalar;
  };
}

/**
 * Returns −Σ ln(1 − stop) · return, averaged over tasks (REINFORCE, Williams 1992). The sum is over the decisions to go
 * on. The return of a decision is by how much the loss of the query set falls from there to the end. Stopping returns 0.
 * `losses` are `[tasks]`, before the first step and after each.
 */
function stopLoss(
  { minSteps }: S2MetaConfig,
  steps: readonly TakenStep[],
  losses: readonly Tensor1D[],
  { mask }: EpisodePairs,
): Tensor {
  const counts = isPositive(sum(mask, 1));
  const last = losses.at(-1) as Tensor1D;
  const terms = steps.map(({ stop, taken }, place) => {
    const fall = mul(sub(losses[place] as Tensor1D, last), counts);
    const likelihood = log(maximum(sub(1, stop), 1e-6));
    // The first steps are no decisions. Their terms are zero, so that every configuration has a gradient.
    const isDecision = place < minSteps ? 0 : 1;
    return mul(sum(mul(mul(likelihood, taken), expandDims(fall, 1))), -isDecision);
  });
  return div(addN(terms), maximum(sum(counts), 1));
}
