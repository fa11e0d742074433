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
import { type EntityKind, type FeatureSchema, fieldsOf, idField, rowsOf } from '../../features/feature-schema.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { FeatureTensors } from './feature-embedding.ts';

/**
 * Returns the names of an entity's factor tables: `byId` for known IDs, `byFeature` to estimate the factors of new
 * users or items from their features, and `start`, the factors of a new user or item without features.
 */
export function factorTables(entity: EntityKind): Record<'byId' | 'byFeature' | 'start', string> {
  return {
    byId: `${entity}.factors`,
    byFeature: `${entity}.factors.byFeature`,
    start: `${entity}.factors.start`,
  };
}

/**
 * Declares the factor tables with zeros. Factors are computed before training, and training does not change them. Row 0
 * of `byId` stands for all unknown IDs and must stay zero, because the estimate from features is added to it.
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
 * Returns the factors `[rows, factorWidth]` of encoded users or items. If the schema knows the ID, they are the factors
 * of that ID. Otherwise a linear map estimates them from the features.
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
  return add(gather(parameters[tables.byId] as Tensor, reshape(id, [rows])), mul(isNew, estimated)) as Tensor2D;
}

/**
 * Returns the position of the ID in an entity's encoded features: its slot, its first embedding row (that of unknown
 * IDs) and its number of rows. Throws INVALID_CONFIGURATION if the schema has no ID field.
 */
export function idRows(schema: FeatureSchema, entity: EntityKind): { slot: number; first: number; count: number } {
  let [slot, first] = [0, 0];
  for (const field of fieldsOf(schema, entity)) {
    if (field.name === idField) return { slot, first, count: rowsOf(field) };
    slot += field.slots;
    first += rowsOf(field);
  }
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `embedding: expected "features", because factors require IDs and the feature schema has no ${entity} field "${idField}"; train on data with IDs to use factors`,
  );
}
