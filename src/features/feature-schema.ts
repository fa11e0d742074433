import { createHash } from 'node:crypto';

export type EntityKind = 'user' | 'item';
export type FeatureKind = 'categorical' | 'multiValued' | 'numeric' | 'vector' | 'date';

/**
 * A feature as a client sends it: a category, a list of categories, a number, a vector, or a date in ISO 8601. `null`
 * means unknown.
 */
export type FeatureValue = string | readonly string[] | number | readonly number[] | null;
export type Features = Readonly<Record<string, FeatureValue>>;

/**
 * The name of the categorical field whose values are the IDs of users or items. Training data can contain it. Clients
 * cannot declare it.
 */
export const idField = 'id';

/**
 * The largest magnitude of a number that clients can send. Larger ones, which only SQL can store, count as this one
 * when a field is fitted, so that the sum of their squares is finite.
 */
export const maxMagnitude = 1e15;

/** A declared field of users or items. */
export interface FeatureField {
  readonly entity: EntityKind;
  readonly name: string;
  readonly kind: FeatureKind;
  /** How many numbers each value of a vector field has, 1 to 4096. Fields of other kinds have no width. */
  readonly width?: number;
}

/** How a vector field reads its values: as coordinates in the directions in which they differ most. */
export interface VectorProjection {
  /** The mean of the values that training saw, each divided by its length, `[width]`. */
  readonly center: readonly number[];
  /** Directions of length 1 that are orthogonal to each other, `[slots][width]`. */
  readonly directions: readonly (readonly number[])[];
}

/**
 * A declared field with the statistics of its values that a model needs. They are frozen when a training run starts.
 *
 * Row 0 of every field stands for "unknown or out of vocabulary". The value `vocabulary[i]` has row `i + 1`.
 */
export interface FittedField extends FeatureField {
  /** Known categories, most frequent first. Empty for a field of numbers, dates or vectors. */
  readonly vocabulary: readonly string[];
  /**
   * How many embedding rows one user or item can use in this field: 1, the maximum of a multi-valued field, or the
   * number of directions of a vector field.
   */
  readonly slots: number;
  /** A numeric value, or the days of a date since 1970, enters the model as `(value − mean) / deviation`. */
  readonly mean: number;
  readonly deviation: number;
  /** Whether the logarithm `ln(1 + value)` stands for the value, as for prices. Absent in older schemas. */
  readonly logarithmic?: true;
  /**
   * The range of the values that training saw, or of their logarithms, without far outliers. Numbers beyond it count as
   * its ends. Absent in older schemas, and in fields of categories.
   */
  readonly low?: number;
  readonly high?: number;
  /** Of vector fields. The coordinates of a value enter the model divided by `deviation`. */
  readonly projection?: VectorProjection;
}

/** How a numeric field reads its values. */
export type NumberScale = Pick<FittedField, 'mean' | 'deviation' | 'logarithmic' | 'low' | 'high'>;

/** The fields that a model version was trained on. Two schemas with the same hash encode alike. */
export interface FeatureSchema {
  readonly fields: readonly FittedField[];
  readonly hash: string;
}

export function featureSchema(fields: readonly FittedField[]): FeatureSchema {
  const canonical = JSON.stringify(
    fields.map(({ entity, name, kind, vocabulary, slots, mean, deviation, logarithmic, low, high, ...rest }) => [
      entity,
      name,
      kind,
      vocabulary,
      slots,
      mean,
      deviation,
      ...(logarithmic ? ['logarithmic'] : []),
      ...(low === undefined ? [] : [low, high]),
      ...(rest.projection === undefined ? [] : [rest.width, rest.projection.center, rest.projection.directions]),
    ]),
  );
  return Object.freeze({ fields, hash: createHash('sha256').update(canonical).digest('hex') });
}

/** Returns a numeric value as it enters the model. */
export function standardizedNumber(scale: NumberScale, value: number): number {
  return (scaledNumber(scale, value) - scale.mean) / scale.deviation;
}

/** Returns an own feature of a user or an item: names such as `constructor` are not those of the object. */
export function featureOf(features: Features, name: string): FeatureValue | undefined {
  return Object.hasOwn(features, name) ? features[name] : undefined;
}

/** Returns a numeric value as its field scales it, before `mean` and `deviation` are applied. */
export function scaledNumber(
  { logarithmic, low = -Infinity, high = Infinity }: Omit<NumberScale, 'mean' | 'deviation'>,
  value: number,
): number {
  const scaled = logarithmic ? Math.log1p(Math.max(value, 0)) : value;
  return Math.min(Math.max(scaled, low), high);
}

export function fieldsOf(schema: FeatureSchema, entity: EntityKind): readonly FittedField[] {
  return schema.fields.filter((field) => field.entity === entity);
}

/** Returns the number of slots of all fields of an entity, see `EncodedFeatures`. */
export function slotsOf(schema: FeatureSchema, entity: EntityKind): number {
  return fieldsOf(schema, entity).reduce((sum, field) => sum + field.slots, 0);
}

/** The types in JSON of the stored values of each kind. */
export const jsonTypes: Readonly<Record<FeatureKind, string>> = {
  categorical: 'string',
  multiValued: 'array',
  numeric: 'number',
  vector: 'array',
  date: 'string',
};

/** Whether the weights of a kind are numbers that stand for the value, so that none of its rows means "unknown". */
export const readsNumbers: Readonly<Record<FeatureKind, boolean>> = {
  categorical: false,
  multiValued: false,
  numeric: true,
  vector: true,
  date: true,
};

/**
 * Returns the number of a field's rows in its entity's embedding table: the vocabulary and the unknown row, or the
 * directions of a vector field.
 */
export function rowsOf(field: FittedField): number {
  return field.kind === 'vector' ? field.slots : field.vocabulary.length + 1;
}

/** Returns the distinct categories of a value, in the client's order. An unknown value has none. */
export function categoriesOf(value: FeatureValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'object') return [...new Set(value.map(String))];
  return [String(value)];
}
