import { gather, matMul, mul, reshape, type Tensor, type Tensor2D, tensor } from '@tensorflow/tfjs-core';
import { type EntityKind, type FeatureSchema, fieldsOf, rowsOf } from '../../features/feature-schema.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { EmbeddingConfig } from './embedding-config.ts';

/** Encoded features as tensors, each `[rows, slots]`. */
export interface FeatureTensors {
  readonly indices: Tensor;
  readonly weights: Tensor;
}

/**
 * Embeds encoded features as `[rows, fields · width]`. The embedding of a field is the weighted sum of the table rows
 * in its slots, and the fields are concatenated.
 */
export function embedFeatures(
  table: Tensor,
  schema: FeatureSchema,
  entity: EntityKind,
  features: FeatureTensors,
): Tensor2D {
  const [rows, slots] = features.indices.shape as [number, number];
  const membership = slotMembership(schema, entity);
  const [fields] = membership.shape;
  // One product sums the slots of every field: weights [rows, fields, slots], embeddings [rows, slots, width].
  const weights = mul(reshape(features.weights, [rows, 1, slots]), reshape(membership, [1, fields, slots]));
  const embeddings = gather(table, features.indices);
  return reshape(matMul(weights, embeddings), [rows, -1]);
}

/** Returns the name of the table with the learned embeddings of an entity's features. */
export function featureTable(entity: EntityKind): string {
  return `${entity}.embedding`;
}

export function declareFeatureTable(
  config: EmbeddingConfig,
  schema: FeatureSchema,
  entity: EntityKind,
): ParameterDeclarations {
  // The more values a field has, the closer to zero they start. Training sees each value too rarely to correct a large
  // random embedding, and values that training never sees then have almost no effect.
  const deviation = fieldsOf(schema, entity).flatMap((field) => {
    const rows = rowsOf(field);
    return new Array<number>(rows).fill(config.embeddingDeviation / Math.sqrt(rows));
  });
  return {
    [featureTable(entity)]: { shape: [deviation.length, config.embeddingWidth], mean: 0, deviation },
  };
}

/** Returns `[fields, slots]`: 1 if the slot belongs to the field, otherwise 0. */
function slotMembership(schema: FeatureSchema, entity: EntityKind): Tensor2D {
  const fields = fieldsOf(schema, entity);
  const owners = fields.flatMap((field, index) => new Array<number>(field.slots).fill(index));
  const membership = fields.flatMap((_, field) => owners.map((owner) => (owner === field ? 1 : 0)));
  return tensor(membership, [fields.length, owners.length], 'float32');
}
