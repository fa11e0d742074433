import { WarmstartError } from '../common/errors.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import { type FeatureSchema, fieldsOf, idField } from '../features/feature-schema.ts';
import { idRows } from './embedding/factor-embedding.ts';

/** Returns the ID row of each encoded item. It is 0 for items that training did not see. */
export function idsOf(schema: FeatureSchema, { rows, slots, indices }: EncodedFeatures): Float32Array {
  const { slot, first } = itemIdRows(schema);
  return Float32Array.from({ length: rows }, (_, row) => (indices[row * slots + slot] as number) - first);
}

/** Returns the position of item IDs in encoded items, see `idRows`. Throws INVALID_CONFIGURATION if there are none. */
export function itemIdRows(schema: FeatureSchema): ReturnType<typeof idRows> {
  if (fieldsOf(schema, 'item').some(({ name }) => name === idField)) return idRows(schema, 'item');
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `this kind of model knows items by their IDs, but the feature schema has no item field "${idField}"; train it on data with item IDs`,
  );
}
