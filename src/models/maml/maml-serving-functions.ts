import {
  concat,
  reshape,
  split,
  squeeze,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Signature, Tensors } from '../../engine/engine.ts';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import type { FeatureTensors } from '../embedding/feature-embedding.ts';
import { comparableMask } from '../gradient-steps/comparable-mask.ts';
import type { GradientServingRole } from '../gradient-steps/gradient-recommender.ts';
import { packedWidth, packForTasks, packParameters } from '../gradient-steps/packed-parameters.ts';
import { batchPlaces } from '../gradient-steps/support-batches.ts';
import { type StateLayout, stateWidth, unpackState } from '../gradient-steps/task-state.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { type ServingFunction, tensorOf } from '../serving-function.ts';
import { type AdaptedTasks, adaptTasks, scoreAdapted } from './inner-loop.ts';
import { type MamlConfig, parseMamlConfig } from './maml-config.ts';
import { declareLayers, declareMaml, scorePairs } from './maml-network.ts';
import { entitiesOf, entityRows, entityWidth, type TaskPairs } from './task-pairs.ts';

/**
 * Returns the functions that MAML serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if the
 * artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function mamlServingFunctions({
  config: input,
  schema,
  parameters,
}: ModelArtifact): Record<GradientServingRole, FunctionDefinition> {
  const config = parseMamlConfig(input);
  checkParameters(declareMaml(config, schema), parameters);
  return {
    embedUsers: { ...rowsFunction(config, schema, 'user'), parameters },
    embedItems: { ...rowsFunction(config, schema, 'item'), parameters },
    adapt: { ...adaptFunction(config, schema), parameters },
    score: { ...scoreFunction(config, schema), parameters },
    explain: { ...explainFunction(config, schema), parameters },
  };
}

/** Returns the layout of a task's state. What the steps made is the layers, and then the moves of users and items. */
export function mamlLayout(config: MamlConfig, schema: FeatureSchema): StateLayout {
  return {
    places: batchPlaces(config),
    userWidth: entityWidth(config, schema, 'user'),
    itemWidth: entityWidth(config, schema, 'item'),
    adaptedWidth: adaptedSizes(config, schema).reduce((sum, size) => sum + size, 0),
  };
}

/** Returns what a task without support pairs has as `adapted`: the trained layers, and no moves. */
export function mamlStart(config: MamlConfig, schema: FeatureSchema, parameters: HostTensors): Float32Array {
  const start = new Float32Array(mamlLayout(config, schema).adaptedWidth);
  start.set(packParameters(declareLayers(config, schema), parameters));
  return start;
}

/** Returns the function that embeds encoded features as `embeddings` `[rows, entityWidth]`. */
function rowsFunction(config: MamlConfig, schema: FeatureSchema, entity: EntityKind): ServingFunction {
  return {
    ...embedFunction(config, schema, entity),
    fn: (parameters, features) => ({
      embeddings: entityRows(parameters, config, schema, entity, features as unknown as FeatureTensors),
    }),
  };
}

/** Returns what the steps on a support set make as `adapted` `[adaptedWidth]`. */
function adaptFunction(config: MamlConfig, schema: FeatureSchema): ServingFunction {
  const { places, userWidth, itemWidth } = mamlLayout(config, schema);
  return {
    inputs: {
      users: tensorOf('float32', places, userWidth),
      items: tensorOf('float32', places, itemWidth),
      labels: tensorOf('float32', places),
      mask: tensorOf('float32', places),
    },
    fn(parameters, inputs) {
      const { users, items, labels, mask } = inputs as Record<'users' | 'items' | 'labels' | 'mask', Tensor>;
      const start = packForTasks(declareLayers(config, schema), parameters, 1);
      const { layers, moves } = adaptTasks(config, schema, start, {
        pairs: pairsOf(config, schema, ofOneTask(users), ofOneTask(items)),
        labels: ofOneTask(labels),
        mask: comparableMask(config, ofOneTask(mask)),
      });
      return { adapted: concat([layers, ...(moves ? [moves.user, moves.item] : [])].map(flat)) };
    },
  };
}

/** Returns one user's `scores` `[items]` for candidate items after the steps in `state`. */
function scoreFunction(config: MamlConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn: (_parameters, inputs) => {
      const { adapted, support, pairs } = scoredOf(config, schema, inputs);
      return { scores: squeeze(scoreAdapted(config, schema, adapted, support, pairs), [0]) };
    },
  };
}

/**
 * Returns the score of each item before the steps on the task, `start`, and what the steps changed, `change`, both
 * `[items]`. Their sum is the score.
 */
function explainFunction(config: MamlConfig, schema: FeatureSchema): ServingFunction {
  return {
    inputs: scoredInputs(config, schema),
    fn(parameters, inputs) {
      const { adapted, support, pairs } = scoredOf(config, schema, inputs);
      const trained = packForTasks(declareLayers(config, schema), parameters, 1);
      const start = scorePairs(config, schema, trained, pairs);
      const score = scoreAdapted(config, schema, adapted, support, pairs);
      return { start: squeeze(start, [0]), change: squeeze(sub(score, start), [0]) };
    },
  };
}

function scoredInputs(config: MamlConfig, schema: FeatureSchema): Signature {
  return {
    state: tensorOf('float32', stateWidth(mamlLayout(config, schema))),
    user: tensorOf('float32', entityWidth(config, schema, 'user')),
    items: tensorOf('float32', 'items', entityWidth(config, schema, 'item')),
  };
}

function scoredOf(config: MamlConfig, schema: FeatureSchema, inputs: Tensors) {
  const { state, user, items } = inputs as Record<'state' | 'user' | 'items', Tensor>;
  const kept = unpackState(mamlLayout(config, schema), state as Tensor1D);
  return {
    adapted: adaptedOf(config, schema, kept.adapted),
    support: pairsOf(config, schema, kept.users, kept.items),
    pairs: pairsOf(config, schema, reshape(user as Tensor, [1, 1, user?.size as number]), ofOneTask(items as Tensor)),
  };
}

function pairsOf(config: MamlConfig, schema: FeatureSchema, users: Tensor3D, items: Tensor3D): TaskPairs {
  return { user: entitiesOf(config, schema, 'user', users), item: entitiesOf(config, schema, 'item', items) };
}

/** The number of values of the layers and, if embeddings move, of the moves of users and of items. */
function adaptedSizes(config: MamlConfig, schema: FeatureSchema): number[] {
  const layers = packedWidth(declareLayers(config, schema));
  if (config.adapted === 'layers') return [layers];
  const places = batchPlaces(config);
  return [layers, ...(['user', 'item'] as const).map((entity) => places * embeddedWidth(config, schema, entity))];
}

function adaptedOf(config: MamlConfig, schema: FeatureSchema, adapted: Tensor2D): AdaptedTasks {
  const [layers, ...moves] = split(adapted, adaptedSizes(config, schema), 1) as [Tensor2D, ...Tensor2D[]];
  if (moves.length === 0) return { layers };
  const [user, item] = (['user', 'item'] as const).map((entity, index) =>
    reshape(moves[index] as Tensor2D, [1, batchPlaces(config), embeddedWidth(config, schema, entity)]),
  ) as [Tensor3D, Tensor3D];
  return { layers, moves: { user, item } };
}

function ofOneTask<T extends Tensor>(tensor: Tensor): T {
  return reshape(tensor, [1, ...tensor.shape]) as T;
}

function flat(tensor: Tensor): Tensor1D {
  return reshape(tensor, [tensor.size]);
}
