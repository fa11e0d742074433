import { WarmstartError } from '../common/errors.ts';
import { daysOf } from './dates.ts';
import {
  categoriesOf,
  type EntityKind,
  type FeatureField,
  type FeatureKind,
  type FeatureSchema,
  type Features,
  type FittedField,
  featureOf,
  featureSchema,
  idField,
  maxMagnitude,
  type NumberScale,
  scaledNumber,
  standardizedNumber,
} from './feature-schema.ts';
import { fitVectors } from './fit-vectors.ts';

export interface FitOptions {
  /**
   * Minimum number of users, or items, that must have a category before it gets its own embedding. Rarer categories
   * share the unknown row. Default: 5 users and 1 item. Training sees each user as one task, so it would memorize a
   * category of few users. It sees each item with the many users who interacted with it.
   */
  readonly minimumCount?: Readonly<Record<EntityKind, number>>;
  /**
   * Maximum number of values of a multi-valued field that one user or item keeps. Default: 8. The cost grows with it.
   */
  readonly maximumSlots?: number;
}

/**
 * Fits every declared field to the training users and items. The result does not depend on the order of rows.
 *
 * Throws INVALID_CONFIGURATION if users or items have no field, because a model could not distinguish them.
 */
export function fitFeatureSchema(
  fields: readonly FeatureField[],
  users: readonly Features[],
  items: readonly Features[],
  options: FitOptions = {},
): FeatureSchema {
  const { minimumCount = { user: 5, item: 1 }, maximumSlots = 8 } = options;
  const rows: Record<EntityKind, readonly Features[]> = { user: users, item: items };
  for (const entity of ['user', 'item'] as const) requireField(fields, entity);
  return featureSchema(
    fields.map((field) => {
      // Every ID belongs to one row. The caller decides which IDs become known.
      const limits = { minimumCount: field.name === idField ? 1 : minimumCount[field.entity], maximumSlots };
      return fitters[field.kind](field, rows[field.entity], limits);
    }),
  );
}

interface Limits {
  readonly minimumCount: number;
  readonly maximumSlots: number;
}
type Fitter = (field: FeatureField, rows: readonly Features[], limits: Limits) => FittedField;

const fitters: Record<FeatureKind, Fitter> = {
  categorical: (field, rows, limits) => fitCategories(field, rows, { ...limits, maximumSlots: 1 }),
  multiValued: fitCategories,
  numeric: fitNumber,
  vector: fitVectors,
  date: fitDate,
};

function fitCategories(
  field: FeatureField,
  rows: readonly Features[],
  { minimumCount, maximumSlots }: Limits,
): FittedField {
  const valuesOfRows = rows.map((row) => categoriesOf(featureOf(row, field.name)));
  const vocabulary = frequentCategories(valuesOfRows, minimumCount);
  const known = new Set(vocabulary);
  const maxKnown = valuesOfRows.reduce(
    (most, values) => Math.max(most, values.filter((value) => known.has(value)).length),
    1,
  );
  return { ...declared(field), vocabulary, slots: Math.min(maxKnown, maximumSlots), mean: 0, deviation: 1 };
}

/** Returns the most frequent categories first. Ties are ordered by code unit, so that no locale changes the order. */
function frequentCategories(valuesOfRows: readonly (readonly string[])[], minimumCount: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const values of valuesOfRows) {
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= minimumCount)
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .map(([value]) => value);
}

/**
 * Values of at least 0 are scaled by their logarithm if that makes them less skewed: otherwise a few large ones, such as
 * the dearest prices, would be many deviations away from all others.
 */
function fitNumber(field: FeatureField, rows: readonly Features[]): FittedField {
  const numbers = rows.map((row) => featureOf(row, field.name)).filter((value) => typeof value === 'number');
  const values = Float64Array.from(numbers, (value) => scaledNumber(accepted, value)).sort();
  const [plain, logarithms] = [scaleOf(values, {}), scaleOf(values, { logarithmic: true })];
  const isLogarithmic = plain.low >= 0 && Math.abs(skewnessOf(values, logarithms)) < skewnessOf(values, plain);
  return { ...declared(field), vocabulary: [], slots: 1, ...(isLogarithmic ? logarithms : plain) };
}

/** Dates are fitted as days since 1970. Their logarithm would have no meaning. */
function fitDate(field: FeatureField, rows: readonly Features[]): FittedField {
  const days = rows.map((row) => daysOf(featureOf(row, field.name))).filter((value) => value !== undefined);
  return { ...declared(field), vocabulary: [], slots: 1, ...scaleOf(Float64Array.from(days).sort(), {}) };
}

const accepted = { low: -maxMagnitude, high: maxMagnitude };

/** Returns the scale of sorted values, on which far outliers have no influence. */
function scaleOf(values: Float64Array, logarithmic: Pick<NumberScale, 'logarithmic'>) {
  const range = rangeOf(values.map((value) => scaledNumber(logarithmic, value)));
  const scale = { ...logarithmic, ...range };
  return { ...scale, ...momentsOf(values.map((value) => scaledNumber(scale, value))) };
}

/**
 * Returns the smallest and the largest of sorted values that are not far outliers. Far outliers are few: at most one
 * value in a hundred at each end or, in small data, up to two, and at most one in ten. And they are far away: farther
 * from the other values than the smallest and the largest of these are from each other.
 */
function rangeOf(sorted: Float64Array): { low: number; high: number } {
  const middle = sorted[sorted.length >> 1] ?? 0;
  // If most values are the same, all others would be outliers. Then the others tell which of them are.
  const others = sorted.filter((value) => value !== middle);
  const telling = 2 * others.length < sorted.length ? others : sorted;
  const few = Math.floor(Math.max(telling.length / 100, Math.min(telling.length / 10, 2)));
  const first = Math.min(telling.at(few) ?? middle, middle);
  const last = Math.max(telling.at(-1 - few) ?? middle, middle);
  const width = last - first;
  return {
    low: sorted.find((value) => value >= first - width) ?? middle,
    high: sorted.findLast((value) => value <= last + width) ?? middle,
  };
}

/**
 * A constant value has deviation 0. Deviation 1 avoids the division by zero and encodes the value as 0. The mean adds up
 * differences from the first value, since those of a constant are exactly 0.
 */
function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const [count, first] = [Math.max(values.length, 1), values[0] ?? 0];
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) || 1;
  return { mean, deviation };
}

function skewnessOf(values: Float64Array, scale: NumberScale): number {
  return values.reduce((sum, value) => sum + standardizedNumber(scale, value) ** 3, 0) / Math.max(values.length, 1);
}

/** Drops other properties of the caller's object, so that they do not enter the schema. */
function declared({ entity, name, kind }: FeatureField): FeatureField {
  return { entity, name, kind };
}

function requireField(fields: readonly FeatureField[], entity: EntityKind): void {
  if (fields.some((field) => field.entity === entity)) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `Expected at least one feature field with entity "${entity}", got none; declare one, or train with their IDs as a feature.`,
  );
}
