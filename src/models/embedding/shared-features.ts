import { add, cast, concat, equal, matMul, mul, reshape, split, sum, type Tensor3D } from '@tensorflow/tfjs-core';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../features/feature-schema.ts';
import type { EmbeddingConfig } from './embedding-config.ts';
import type { FeatureTensors } from './feature-embedding.ts';

/**
 * Returns for each field how much the embeddings of some entities share with those of others, `[tasks, some, others]`:
 * the sum of the products of their weights over the table rows that both read. Features are `[tasks, entities, slots]`.
 *
 * An embedding is a weighted sum of table rows. If `g` are gradients for the embeddings of the others, a gradient step
 * on the table therefore moves the embedding of an entity by −rate·Σ shared·g. The table itself need not change.
 */
export function sharedFeatures(
  schema: FeatureSchema,
  entity: EntityKind,
  some: FeatureTensors,
  others: FeatureTensors,
): Tensor3D[] {
  const slots = fieldsOf(schema, entity).map((field) => field.slots);
  const byField = ({ indices, weights }: FeatureTensors) => {
    const [rows, shares] = [indices, weights].map((tensor) => split(tensor, slots, 2)) as [Tensor3D[], Tensor3D[]];
    return slots.map((_, field) => ({ rows: rows[field] as Tensor3D, weights: shares[field] as Tensor3D }));
  };
  const otherFields = byField(others);
  return byField(some).map((own, field) => sharedOf(own, otherFields[field] as FieldTensors));
}

/**
 * Returns embeddings `[tasks, some, width]` moved by Σ shared·`moves`, where `moves` are `[tasks, others, width]`.
 * Columns beyond those of the fields, such as factors, stay.
 */
export function moveEmbeddings(
  { embeddingWidth }: EmbeddingConfig,
  embedded: Tensor3D,
  shared: readonly Tensor3D[],
  moves: Tensor3D,
): Tensor3D {
  const rest = embedded.shape[2] - shared.length * embeddingWidth;
  const sizes = [...shared.map(() => embeddingWidth), ...(rest > 0 ? [rest] : [])];
  const [fields, ownFields] = [split(moves, sizes, 2), split(embedded, sizes, 2)] as [Tensor3D[], Tensor3D[]];
  const moved = ownFields.map((own, field) => {
    const sharedField = shared[field];
    return sharedField ? (add(own, matMul(sharedField, fields[field] as Tensor3D)) as Tensor3D) : own;
  });
  return concat(moved, 2);
}

/** The slots of one field, `[tasks, entities, slots]`. */
interface FieldTensors {
  readonly rows: Tensor3D;
  readonly weights: Tensor3D;
}

function sharedOf(some: FieldTensors, others: FieldTensors): Tensor3D {
  const [tasks, rows, slots] = some.rows.shape;
  const [, otherRows, otherSlots] = others.rows.shape;
  const down = (tensor: Tensor3D) => reshape(tensor, [tasks, rows * slots, 1]);
  const across = (tensor: Tensor3D) => reshape(tensor, [tasks, 1, otherRows * otherSlots]);
  const same = cast(equal(down(some.rows), across(others.rows)), 'float32');
  const products = mul(mul(same, down(some.weights)), across(others.weights));
  if (slots === 1 && otherSlots === 1) return products as Tensor3D;
  return sum(reshape(products, [tasks, rows, slots, otherRows, otherSlots]), [2, 4]) as Tensor3D;
}
