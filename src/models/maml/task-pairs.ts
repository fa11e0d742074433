import { cast, concat, gather, reshape, split, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { type EntityKind, type FeatureSchema, slotsOf } from '../../features/feature-schema.ts';
import { embeddedWidth, embedEntities, embedRows } from '../embedding/entity-embedding.ts';
import type { FeatureTensors } from '../embedding/feature-embedding.ts';
import type { EpisodePairs } from '../episodes.ts';
import type { MamlConfig } from './maml-config.ts';

/** The users or the items of pairs: their embeddings `[tasks, pairs, width]`, and the features these are made of. */
export interface TaskEntities {
  readonly embedded: Tensor3D;
  /** `[tasks, pairs, slots]`. Absent unless the steps on a task change embeddings. */
  readonly features?: FeatureTensors;
}

/** Pairs of several tasks. If all pairs of a task have the same user, `user` has one row per task. */
export type TaskPairs = Readonly<Record<EntityKind, TaskEntities>>;

/** Returns the pairs of an episode. `inputs` must contain the `embeddingConstants`. */
export function taskPairs(
  parameters: Tensors,
  config: MamlConfig,
  schema: FeatureSchema,
  inputs: Tensors,
  { users, items }: Pick<EpisodePairs, 'users' | 'items'>,
): TaskPairs {
  const entities = (entity: EntityKind, rows: Tensor): TaskEntities => {
    const [tasks, pairs = 1] = rows.shape as [number, number?];
    const flat = reshape(rows, [rows.size]);
    const byTask = (tensor: Tensor) => reshape(tensor, [tasks, pairs, tensor.shape[1] as number]) as Tensor3D;
    const embedded = byTask(embedRows(parameters, config, schema, entity, inputs, flat));
    if (config.adapted === 'layers') return { embedded };
    const of = (name: string) => byTask(gather(inputs[`${entity}${name}`] as Tensor, flat));
    return { embedded, features: { indices: of('Indices'), weights: of('Weights') } };
  };
  return { user: entities('user', users), item: entities('item', items) };
}

/** Returns the width of an entity's row, see `entityRows`. */
export function entityWidth(config: MamlConfig, schema: FeatureSchema, entity: EntityKind): number {
  const width = embeddedWidth(config, schema, entity);
  return config.adapted === 'layers' ? width : width + 2 * slotsOf(schema, entity);
}

/**
 * Returns encoded features `[rows, slots]` as rows that scoring and adapting read: the embedding and, if the steps on a
 * task change embeddings, the features themselves.
 */
export function entityRows(
  parameters: Tensors,
  config: MamlConfig,
  schema: FeatureSchema,
  entity: EntityKind,
  features: FeatureTensors,
): Tensor2D {
  const embedded = embedEntities(parameters, config, schema, entity, features);
  if (config.adapted === 'layers') return embedded;
  // Rows of tables are below 2²⁴, so that they are exact in float32 (see `trainedParameters`).
  return concat([embedded, cast(features.indices, 'float32'), features.weights], 1) as Tensor2D;
}

/** Splits rows of `entityRows`, `[tasks, pairs, entityWidth]`, into embeddings and features. */
export function entitiesOf(
  config: MamlConfig,
  schema: FeatureSchema,
  entity: EntityKind,
  rows: Tensor3D,
): TaskEntities {
  if (config.adapted === 'layers') return { embedded: rows };
  const slots = slotsOf(schema, entity);
  const sizes = [embeddedWidth(config, schema, entity), slots, slots];
  const [embedded, indices, weights] = split(rows, sizes, 2) as [Tensor3D, Tensor3D, Tensor3D];
  return { embedded, features: { indices, weights } };
}
