import {
  add,
  cast,
  gather,
  mul,
  reshape,
  scalar,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { WarmstartError } from '../../common/errors.ts';
import type { Tensors } from '../../engine/engine.ts';
import {
  type EntityKind,
  type FeatureSchema,
  fieldsOf,
  idField,
  rowsOf,
} from '../../features/feature-schema.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { FeatureTensors } from './feature-embedding.ts';

/** Names of an entity's factors: by id, and for newcomers by feature, with what a newcomer without features has. */
export function factorTables(entity: EntityKind): Record<'byId' | 'byFeature' | 'start', string> {
  return {
    byId: `${entity}.factors`,
    byFeature: `${entity}.factors.byFeature`,
    start: `${entity}.factors.start`,
  };
}

/**
 * Factors start at zero here; they are made before the training and are no part of it. Row 0 of those by id, which stands
 * for all ids that are not known, has to stay zero: what is made of features is added to it.
 */
export function declareFactors(
  { factorWidth }: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
): ParameterDeclarations {
  const tables = factorTables(entity);
  const rows = fieldsOf(schema, entity).reduce((total, field) => total + rowsOf(field), 0);
  const of = (...shape: number[]) => ({ shape, mean: 0, deviation: 0 });
  return {
    [tables.byId]: of(idRows(schema, entity).count, factorWidth),
    [tables.byFeature]: of(rows, factorWidth),
    [tables.start]: of(factorWidth),
  };
}

/**
 * The factors `[rows, factorWidth]` of encoded users or items: their own where the schema knows the id, and
 * otherwise those that a linear map makes of their features, so that nobody is without.
 */
export function embedFactors(
  parameters: Tensors,
  schema: FeatureSchema,
  entity: EntityKind,
  { indices, weights }: FeatureTensors,
): Tensor2D {
  const tables = factorTables(entity);
  const { first, slot } = idRows(schema, entity);
  const [rows, slots] = indices.shape as [number, number];
  const id = sub(gather(indices, tensor1d([slot], 'int32'), 1), scalar(first, 'int32'));
  const isNew = sub(1, step(cast(id, 'float32')));
  const ofFeatures = gather(parameters[tables.byFeature] as Tensor, indices);
  const estimated = add(
    sum(mul(ofFeatures, reshape(weights, [rows, slots, 1])), 1),
    parameters[tables.start] as Tensor,
  );
  return add(
    gather(parameters[tables.byId] as Tensor, reshape(id, [rows])),
    mul(isNew, estimated),
  ) as Tensor2D;
}

/**
 * Where the id stands in an entity's encoded features: its slot, its first row of the vocabulary (that of unknown ids)
 * and how many rows it has. Throws INVALID_CONFIGURATION where the schema has no ids.
 */
export function idRows(
  schema: FeatureSchema,
  entity: EntityKind,
): { slot: number; first: number; count: number } {
  let [slot, first] = [0, 0];
  for (const field of fieldsOf(schema, entity)) {
    if (field.name === idField) return { slot, first, count: rowsOf(field) };
    slot += field.slots;
    first += rowsOf(field);
  }
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `embedding: factors belong to ids, but the feature schema has no ${entity} field "${idField}"; expected "features", or training data with ids`,
  );
}
