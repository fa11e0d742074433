import { type EncodedFeatures, encodeFeatures } from './encode-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf, idField, rowsOf } from './feature-schema.ts';

/**
 * Returns users or items in the rows that training reads. Of n users or items, rows 0 to n − 1 are as encoded, rows n
 * to 2n − 1 are the same without their IDs, and row 2n is one of which nothing is known.
 */
export function withDropped(schema: FeatureSchema, entity: EntityKind, encoded: EncodedFeatures): EncodedFeatures {
  const { rows, slots } = encoded;
  const unknown = encodeFeatures(schema, entity, [{}]);
  const count = rowWithout.features(rows) + 1;
  const [indices, weights] = [new Int32Array(count * slots), new Float32Array(count * slots)];
  const parts = [
    [0, encoded],
    [rowWithout.id(rows, 0), encoded],
    [rowWithout.features(rows), unknown],
  ] as const;
  for (const [row, part] of parts) {
    indices.set(part.indices, row * slots);
    weights.set(part.weights, row * slots);
  }
  dropIds(schema, entity, { slots, indices: indices.subarray(rowWithout.id(rows, 0) * slots) });
  return { rows: count, slots, indices, weights };
}

/** The rows of `withDropped` that stand for one of `count` rows. */
export const rowWithout = {
  id: (count: number, row: number) => count + row,
  features: (count: number) => 2 * count,
} as const;

/** Replaces every ID by row 0 of its field, which stands for unknown IDs. */
function dropIds(
  schema: FeatureSchema,
  entity: EntityKind,
  { slots, indices }: Pick<EncodedFeatures, 'slots' | 'indices'>,
): void {
  let [slot, first] = [0, 0];
  for (const field of fieldsOf(schema, entity)) {
    if (field.name === idField) for (let at = slot; at < indices.length; at += slots) indices[at] = first;
    slot += field.slots;
    first += rowsOf(field);
  }
}
