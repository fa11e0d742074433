import { createHash } from 'node:crypto';

export type EntityKind = 'user' | 'item';
export type FeatureKind = 'categorical' | 'multiValued' | 'numeric';

/** A feature as a client sends it: a category, a list of categories, or a number; `null` when unknown. */
export type FeatureValue = string | readonly string[] | number | null;
export type Features = Readonly<Record<string, FeatureValue>>;

/**
 * The categorical field whose values are the ids of users, or of items, themselves. Training data may have it; it is
 * not declared by clients.
 */
export const idField = 'id';

/** A field that users or items have, as declared before any value is known. */
export interface FeatureField {
  readonly entity: EntityKind;
  readonly name: string;
  readonly kind: FeatureKind;
}

/**
 * A declared field with all that a model must know of its values, frozen when a training starts.
 *
 * Row 0 of every field stands for "unknown or out of vocabulary"; the value `vocabulary[i]` has row `i + 1`.
 */
export interface FittedField extends FeatureField {
  /** Known categories, most frequent first; empty for a numeric field. */
  readonly vocabulary: readonly string[];
  /** How many embedding rows one entity can use in this field: 1, or the most values a multi-valued one keeps. */
  readonly slots: number;
  /** A numeric value enters as `(value − mean) / deviation`. */
  readonly mean: number;
  readonly deviation: number;
}

/** The fields a model version was trained on. Two schemas with the same hash encode alike. */
export interface FeatureSchema {
  readonly fields: readonly FittedField[];
  readonly hash: string;
}

export function featureSchema(fields: readonly FittedField[]): FeatureSchema {
  const canonical = JSON.stringify(
    fields.map(({ entity, name, kind, vocabulary, slots, mean, deviation }) => [
      entity,
      name,
      kind,
      vocabulary,
      slots,
      mean,
      deviation,
    ]),
  );
  return Object.freeze({ fields, hash: createHash('sha256').update(canonical).digest('hex') });
}

export function fieldsOf(schema: FeatureSchema, entity: EntityKind): readonly FittedField[] {
  return schema.fields.filter((field) => field.entity === entity);
}

/** Rows a field takes in its entity's embedding table: its vocabulary and the unknown row. */
export function rowsOf(field: FittedField): number {
  return field.vocabulary.length + 1;
}

/** The distinct categories a value names, in the client's order; none when it is unknown. */
export function categoriesOf(value: FeatureValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'object') return [...new Set(value)];
  return [String(value)];
}
