import { WarmstartError } from '../../common/errors.ts';
import type { HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encoded-features.ts';
import { type FeatureSchema, fieldsOf, idField } from '../../features/feature-schema.ts';
import { idRows } from '../embedding/factor-embedding.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

export const countsParameter = 'item.interactions';

/** How often each item was interacted with in training, `[id rows]`: row 0 is that of unknown items. */
export function declareItemCounts(schema: FeatureSchema): ParameterDeclarations {
  return { [countsParameter]: { shape: [itemIdRows(schema).count], mean: 0, deviation: 0 } };
}

/** Counts interactions by their `items`, rows of `features`. Throws INVALID_CONFIGURATION without ids of items. */
export function countInteractions(
  schema: FeatureSchema,
  features: EncodedFeatures,
  items: Int32Array,
): HostTensors {
  const counts = new Float32Array(itemIdRows(schema).count);
  const ids = idsOf(schema, features);
  for (const item of items) {
    const id = ids[item] as number;
    counts[id] = (counts[id] as number) + 1;
  }
  // Who are not known apart are not known.
  counts[0] = 0;
  return { [countsParameter]: floatTensor([counts.length], counts) };
}

/** The id row of each encoded item; 0 for items that training did not know. */
export function idsOf(schema: FeatureSchema, { rows, slots, indices }: EncodedFeatures): Float32Array {
  const { slot, first } = itemIdRows(schema);
  return Float32Array.from({ length: rows }, (_, row) => (indices[row * slots + slot] as number) - first);
}

function itemIdRows(schema: FeatureSchema): ReturnType<typeof idRows> {
  if (fieldsOf(schema, 'item').some(({ name }) => name === idField)) return idRows(schema, 'item');
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `ItemPop counts items by their ids, but the feature schema has no item field "${idField}"; train it on data with ids of items`,
  );
}
