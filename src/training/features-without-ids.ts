import type { FeatureRows } from '../factors/feature-map.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf, rowsOf } from '../features/feature-schema.ts';
import { idRows } from '../models/embedding/factor-embedding.ts';
import { idsOf, itemIdRows } from '../models/item-ids.ts';

/** Sets the weight of IDs to 0, because new users and items have no known ID: the map must not rely on IDs. */
export function featuresWithoutIds(
  schema: FeatureSchema,
  entity: EntityKind,
  { rows, slots, indices, weights }: EncodedFeatures,
): FeatureRows {
  const { slot } = idRows(schema, entity);
  const others = weights.slice();
  for (let row = 0; row < rows; row++) others[row * slots + slot] = 0;
  const vocabularyRows = fieldsOf(schema, entity).reduce((sum, field) => sum + rowsOf(field), 0);
  return { features: { rows, slots, indices: indices.slice(), weights: others }, vocabularyRows };
}

/**
 * Returns the features of the item of each ID row, without the ID, which is an item's last slot; `undefined` if items
 * have no other features. Row 0, that of unknown IDs, has none.
 */
export function itemFeaturesById(schema: FeatureSchema, items: EncodedFeatures): FeatureRows | undefined {
  const { slot, first, count } = itemIdRows(schema);
  if (first === 0) return undefined;
  const indices = new Int32Array(count * slot);
  const weights = new Float32Array(count * slot);
  for (const [row, id] of idsOf(schema, items).entries()) {
    if (id === 0) continue;
    const start = row * items.slots;
    indices.set(items.indices.subarray(start, start + slot), id * slot);
    weights.set(items.weights.subarray(start, start + slot), id * slot);
  }
  return { features: { rows: count, slots: slot, indices, weights }, vocabularyRows: first };
}
