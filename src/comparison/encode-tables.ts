import { encodeFeatures } from '../features/encode-features.ts';
import { type EntityKind, type FeatureField, type Features, idField } from '../features/feature-schema.ts';
import { fitFeatureSchema } from '../features/fit-feature-schema.ts';
import type { Interactions, TrainingData } from '../tasks/training-data.ts';
import type { DatasetTables, Entity } from './dataset-tables.ts';

export interface EncodingOptions {
  /** What the training may know: vocabularies are those of its users, and its users and items are known by their ids. */
  readonly known: Interactions;
  /** Whose ids are a feature, too. */
  readonly ids: readonly EntityKind[];
}

/** All users and items, encoded by a schema that is fitted on what the training may know. */
export function encodeTables(
  { fields, users, items }: Pick<DatasetTables, 'fields' | 'users' | 'items'>,
  { known, ids }: EncodingOptions,
): Pick<TrainingData, 'schema' | 'users' | 'items'> {
  const idFields = ids.map((entity): FeatureField => ({ entity, name: idField, kind: 'categorical' }));
  const trained = { user: new Set(known.users), item: new Set(known.items) };
  const withId = ({ id, features }: Entity): Features => ({ ...features, [idField]: id });
  // An item is known to the catalogue before anybody has met it; of the users only those who train are.
  const fitted = items.map((item, row) => (trained.item.has(row) ? withId(item) : item.features));
  const schema = fitFeatureSchema(
    [...fields, ...idFields],
    users.filter((_, row) => trained.user.has(row)).map(withId),
    fitted,
    { minimumCount: { user: 5, item: 1 } },
  );
  return {
    schema,
    users: encodeFeatures(schema, 'user', users.map(withId)),
    items: encodeFeatures(schema, 'item', items.map(withId)),
  };
}
