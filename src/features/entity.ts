import { encodeFeatures } from './encode-features.ts';
import type { EncodedFeatures } from './encoded-features.ts';
import { type EntityKind, type FeatureSchema, type Features, fieldsOf, idField } from './feature-schema.ts';

/** A user or an item: the client's id, and what is known of it. */
export interface Entity {
  readonly id: string;
  readonly features: Features;
}

/** The features with the id as one of them. */
export function withId({ id, features }: Entity): Features {
  return { ...features, [idField]: id };
}

/** Encodes users or items, see `encodeFeatures`; by their ids, too, where the schema has them. */
export function encodeEntities(
  schema: FeatureSchema,
  entity: EntityKind,
  rows: readonly Entity[],
): EncodedFeatures {
  const readsIds = fieldsOf(schema, entity).some(({ name }) => name === idField);
  return encodeFeatures(schema, entity, rows.map(readsIds ? withId : ({ features }) => features));
}
