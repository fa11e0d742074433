import {
  add,
  clone,
  expandDims,
  grad,
  step as isPositive,
  mul,
  type Scalar,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import type { TaskSupport } from '../gradient-steps/task-network.ts';
import { type Parts, withoutGradient } from '../layers.ts';
import { objectives } from '../objectives.ts';
import { controlStop, controlUpdate } from './controllers.ts';
import { lstmStart } from './lstm-cell.ts';
import type { S2MetaConfig } from './s2meta-config.ts';
import { scorePairs } from './s2meta-network.ts';

/** A step on all tasks. */
export interface TakenStep {
  /** The layers of each task after the step, `[tasks, packedWidth]`. */
  readonly layers: Tensor2D;
  /** The probability that the steps ended before this one, `[tasks, 1]`. */
  readonly stop: Tensor2D;
  /** Whether the task took the step: 1 or 0, `[tasks, 1]`. */
  readonly taken: Tensor2D;
}

/**
 * Takes the steps of s²Meta (arXiv 1906.00391, section 4) on the support set of each task, from the layers in `start`
 * `[tasks, packedWidth]`: θ ← keep ⊙ θ − step ⊙ ∇L(θ). The controllers choose both factors, and when the steps end. A task
 * ends before a step if `draws` `[tasks, innerSteps]`, from 0 to 1, are below the probability of the stop controller,
 * but not in the first `minSteps`. A task without support pairs takes no step.
 *
 * The losses and gradients that the controllers read are constants for training, as in the paper.
 */
export function takeSteps(
  parameters: Tensors,
  config: S2MetaConfig,
  schema: FeatureSchema,
  {
    start,
    support,
    draws,
  }: { readonly start: Tensor2D; readonly support: TaskSupport<Parts>; readonly draws: Tensor2D },
): TakenStep[] {
  const [tasks, width] = start.shape;
  const lossesAt = supportLosses(config, schema, support);
  const gradientAt = grad((layers) => sum(lossesAt(layers as Tensor2D)) as Scalar);
  const drawn = split(draws, config.innerSteps, 1) as Tensor2D[];
  let layers = start;
  let taken = isPositive(sum(support.mask, 1, true)) as Tensor2D;
  let updates = lstmStart(tasks, width, config.updateWidth);
  let stops = lstmStart(tasks, 1, config.stopWidth);
  return drawn.map((draw, place) => {
    const at = constant(layers);
    const [losses, gradients] = [expandDims(lossesAt(at), 1) as Tensor2D, gradientAt(at) as Tensor2D];
    const stopping = controlStop(parameters, [losses, sqrt(sum(square(gradients), 1, true)) as Tensor2D], stops);
    const updating = controlUpdate(parameters, [at, gradients, losses], updates);
    [stops, updates] = [stopping.state, updating.state];
    if (place >= config.minSteps) taken = mul(taken, goesOn(draw, stopping.stop));
    const moved = sub(mul(updating.keep, layers), mul(updating.step, gradients));
    layers = add(layers, mul(taken, sub(moved, layers))) as Tensor2D;
    return { layers, stop: stopping.stop, taken };
  });
}

/** Returns the layers after the last step. */
export function lastLayers(steps: readonly TakenStep[]): Tensor2D {
  return (steps.at(-1) as TakenStep).layers;
}

/** Returns how to compute the loss `[tasks]` of the support sets. The embeddings are constants. */
function supportLosses(
  config: S2MetaConfig,
  schema: FeatureSchema,
  { pairs, labels, mask }: TaskSupport<Parts>,
): (layers: Tensor2D) => Tensor1D {
  const embedded = pairs.map(constant);
  return (layers) => objectives[config.objective].loss(scorePairs(config, schema, layers, embedded), labels, mask);
}

/** Returns 1 for tasks that do not end, and 0 for the others. */
function goesOn(draw: Tensor2D, stop: Tensor2D): Tensor2D {
  return sub(1, isPositive(sub(stop, draw))) as Tensor2D;
}

function constant<T extends Tensor>(value: T): T {
  return withoutGradient(() => clone(value));
}
