import {
  clone,
  grads,
  mul,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import type { TaskSupport } from '../gradient-steps/task-network.ts';
import { withoutGradient } from '../layers.ts';
import { objectives } from '../objectives.ts';
import type { MamlConfig } from './maml-config.ts';
import { scorePairs } from './maml-network.ts';
import { type Moves, movePairs, noMoves, sharedWith } from './moved-pairs.ts';
import type { TaskPairs } from './task-pairs.ts';

/** What the steps on the support sets made. */
export interface AdaptedTasks {
  /** The layers of each task, `[tasks, packedWidth]`. */
  readonly layers: Tensor2D;
  /** Absent unless the steps change embeddings. */
  readonly moves?: Moves;
}

/**
 * Takes the configured steps of gradient descent on the loss of each task's support set (MAML, arXiv 1703.03400,
 * algorithm 1), from the layers in `start` `[tasks, packedWidth]`. A task without support pairs keeps them.
 *
 * With `adapted` "all", the steps also change the tables of learned embeddings. Tables for each task would be large.
 * Instead, the sums of the gradients of the support pairs' embeddings are kept, which have the same effect.
 */
export function adaptTasks(
  config: MamlConfig,
  schema: FeatureSchema,
  start: Tensor2D,
  support: TaskSupport<TaskPairs>,
): AdaptedTasks {
  const gradientsAt = gradientsOf(config, schema, support);
  const { pairs } = support;
  let layers = start;
  if (config.adapted === 'layers') {
    for (let step = 0; step < config.innerSteps; step++) {
      layers = descend(config, layers, gradientsAt(layers, pairs).layers);
    }
    return { layers };
  }
  const shared = sharedWith(schema, pairs, pairs);
  let moves = noMoves(pairs);
  for (let step = 0; step < config.innerSteps; step++) {
    const gradients = gradientsAt(layers, movePairs(config, pairs, shared, moves));
    layers = descend(config, layers, gradients.layers);
    moves = {
      user: descend(config, moves.user, gradients.user),
      item: descend(config, moves.item, gradients.item),
    };
  }
  return { layers, moves };
}

/** Returns the scores `[tasks, pairs]` of pairs after the steps on the support pairs of their tasks. */
export function scoreAdapted(
  config: MamlConfig,
  schema: FeatureSchema,
  { layers, moves }: AdaptedTasks,
  support: TaskPairs,
  pairs: TaskPairs,
): Tensor2D {
  const moved = moves ? movePairs(config, pairs, sharedWith(schema, support, pairs), moves) : pairs;
  return scorePairs(config, schema, layers, moved);
}

function descend<T extends Tensor>({ innerLearningRate }: MamlConfig, value: T, gradient: T): T {
  return sub(value, mul(gradient, innerLearningRate)) as T;
}

interface Gradients extends Moves {
  readonly layers: Tensor2D;
}

/**
 * Returns how to compute the gradients of the loss of the support sets, for layers and for embeddings. Tasks share
 * no layers here, so the gradient of the summed loss contains the gradient of each task's loss.
 */
function gradientsOf(
  config: MamlConfig,
  schema: FeatureSchema,
  { labels, mask }: TaskSupport<TaskPairs>,
): (layers: Tensor2D, pairs: TaskPairs) => Gradients {
  const { loss } = objectives[config.objective];
  const gradients = grads((layers, user, item) => {
    const pairs = { user: { embedded: user as Tensor3D }, item: { embedded: item as Tensor3D } };
    return sum(loss(scorePairs(config, schema, layers as Tensor2D, pairs), labels, mask)) as Scalar;
  });
  return (layers, { user, item }) => {
    const at = [layers, user.embedded, item.embedded];
    const constant = <T extends Tensor>(value: T) => withoutGradient(() => clone(value));
    const [ofLayers, ofUser, ofItem] = gradients(config.secondOrder ? at : at.map(constant));
    return { layers: ofLayers as Tensor2D, user: ofUser as Tensor3D, item: ofItem as Tensor3D };
  };
}
