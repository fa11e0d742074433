import { type Tensor3D, zerosLike } from '@tensorflow/tfjs-core';
import type { EntityKind, FeatureSchema } from '../../features/feature-schema.ts';
import type { FeatureTensors } from '../embedding/feature-embedding.ts';
import { moveEmbeddings, sharedFeatures } from '../embedding/shared-features.ts';
import type { MamlConfig } from './maml-config.ts';
import type { TaskEntities, TaskPairs } from './task-pairs.ts';

/** −rate · the sum of the gradients of the support pairs' embeddings, `[tasks, pairs, embeddedWidth]`. */
export type Moves = Readonly<Record<EntityKind, Tensor3D>>;

/** What pairs share with support pairs in each field, see `sharedFeatures`. */
export type Shared = Readonly<Record<EntityKind, readonly Tensor3D[]>>;

export function sharedWith(schema: FeatureSchema, support: TaskPairs, pairs: TaskPairs): Shared {
  return ofBoth((entity) => sharedFeatures(schema, entity, featuresOf(pairs[entity]), featuresOf(support[entity])));
}

export function noMoves(support: TaskPairs): Moves {
  return ofBoth((entity) => zerosLike(support[entity].embedded));
}

/** Returns pairs with their embeddings as they are after the moves of the support pairs. */
export function movePairs(config: MamlConfig, pairs: TaskPairs, shared: Shared, moves: Moves): TaskPairs {
  return ofBoth(
    (entity): TaskEntities => ({
      ...pairs[entity],
      embedded: moveEmbeddings(config, pairs[entity].embedded, shared[entity], moves[entity]),
    }),
  );
}

function ofBoth<T>(of: (entity: EntityKind) => T): Record<EntityKind, T> {
  return { user: of('user'), item: of('item') };
}

function featuresOf({ features }: TaskEntities): FeatureTensors {
  if (features) return features;
  throw new TypeError('Expected pairs with their features, because their embeddings move.');
}
