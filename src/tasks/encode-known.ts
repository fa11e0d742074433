import { type Entity, encodeEntities, withId } from '../features/entity.ts';
import { type EntityKind, type FeatureField, idField } from '../features/feature-schema.ts';
import { type FitOptions, fitFeatureSchema } from '../features/fit-feature-schema.ts';
import type { Interactions, TrainingData } from './training-data.ts';

/** Users and items, by row, with their declared fields. */
export interface Entities {
  readonly fields: readonly FeatureField[];
  readonly users: readonly Entity[];
  readonly items: readonly Entity[];
}

export interface EncodingOptions {
  /** What the training may know: vocabularies are those of its users, and its users and items are known by their ids. */
  readonly known: Pick<Interactions, 'users' | 'items'>;
  /** Whose ids are a feature, too. */
  readonly ids: readonly EntityKind[];
  readonly features?: FitOptions | undefined;
}

/** All users and items, encoded by a schema that is fitted on what the training may know. */
export function encodeKnown(
  { fields, users, items }: Entities,
  { known, ids, features }: EncodingOptions,
): Pick<TrainingData, 'schema' | 'users' | 'items'> {
  const idFields = ids.map((entity): FeatureField => ({ entity, name: idField, kind: 'categorical' }));
  const trained = { user: new Set(known.users), item: new Set(known.items) };
  // An item is known to the catalogue before anybody has met it; of the users only those who train are.
  const schema = fitFeatureSchema(
    [...fields, ...idFields],
    users.filter((_, row) => trained.user.has(row)).map(withId),
    items.map((item, row) => (trained.item.has(row) ? withId(item) : item.features)),
    features,
  );
  return {
    schema,
    users: encodeEntities(schema, 'user', users),
    items: encodeEntities(schema, 'item', items),
  };
}
