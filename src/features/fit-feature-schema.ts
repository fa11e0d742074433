import { WarmstartError } from '../common/errors.ts';
import { atOnce, mapInPieces, type Pieces, sortInPieces } from '../common/pieces.ts';
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
} from './feature-schema.ts';
import { fitNumberScale, scaleOf } from './fit-number-scale.ts';
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
export function fitFeatureSchema(...parameters: Parameters<typeof fitInPieces>): FeatureSchema {
  return atOnce(fitInPieces(...parameters));
}

/** Fits like `fitFeatureSchema`, in pieces, since vectors of many items take seconds. */
export function* fitInPieces(
  fields: readonly FeatureField[],
  users: readonly Features[],
  items: readonly Features[],
  options: FitOptions = {},
): Pieces<FeatureSchema> {
  const { minimumCount = { user: 5, item: 1 }, maximumSlots = 8 } = options;
  const rows: Record<EntityKind, readonly Features[]> = { user: users, item: items };
  for (const entity of ['user', 'item'] as const) requireField(fields, entity);
  const fitted: FittedField[] = [];
  for (const field of fields) {
    // Every ID belongs to one row. The caller decides which IDs become known.
    const limits = { minimumCount: field.name === idField ? 1 : minimumCount[field.entity], maximumSlots };
    fitted.push(yield* fitters[field.kind](field, rows[field.entity], limits));
    yield;
  }
  return featureSchema(fitted);
}

interface Limits {
  readonly minimumCount: number;
  readonly maximumSlots: number;
}
type Fitter = (field: FeatureField, rows: readonly Features[], limits: Limits) => Pieces<FittedField>;

const fitters: Record<FeatureKind, Fitter> = {
  categorical: (field, rows, limits) => fitCategories(field, rows, { ...limits, maximumSlots: 1 }),
  multiValued: fitCategories,
  numeric: fitNumber,
  vector: fitVectors,
  date: fitDate,
};

function* fitCategories(
  field: FeatureField,
  rows: readonly Features[],
  { minimumCount, maximumSlots }: Limits,
): Pieces<FittedField> {
  const valuesOfRows = yield* mapInPieces(rows, (row) => categoriesOf(featureOf(row, field.name)));
  const vocabulary = yield* frequentCategories(valuesOfRows, minimumCount);
  yield;
  const known = new Set(vocabulary);
  yield;
  const counts = yield* mapInPieces(valuesOfRows, (values) => values.filter((value) => known.has(value)).length);
  const maxKnown = counts.reduce((most, count) => Math.max(most, count), 1);
  return { ...declared(field), vocabulary, slots: Math.min(maxKnown, maximumSlots), mean: 0, deviation: 1 };
}

/** Returns the most frequent categories first. Ties are ordered by code unit, so that no locale changes the order. */
function* frequentCategories(
  valuesOfRows: readonly (readonly string[])[],
  minimumCount: number,
): Pieces<readonly string[]> {
  const counts = new Map<string, number>();
  for (const values of valuesOfRows) {
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    yield;
  }
  const frequent = [...counts].filter(([, count]) => count >= minimumCount);
  const sorted = yield* sortInPieces(
    frequent,
    ([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1),
  );
  return sorted.map(([value]) => value);
}

function* fitNumber(field: FeatureField, rows: readonly Features[]): Pieces<FittedField> {
  const features = yield* mapInPieces(rows, (row) => featureOf(row, field.name));
  const numbers = features.filter((value) => typeof value === 'number');
  return { ...declared(field), vocabulary: [], slots: 1, ...(yield* fitNumberScale(numbers)) };
}

/** Dates are fitted as days since 1970. Their logarithm would have no meaning. */
function* fitDate(field: FeatureField, rows: readonly Features[]): Pieces<FittedField> {
  const days = yield* mapInPieces(rows, (row) => daysOf(featureOf(row, field.name)));
  const known = Float64Array.from(days.filter((value) => value !== undefined)).sort();
  yield;
  return { ...declared(field), vocabulary: [], slots: 1, ...(yield* scaleOf(known, {})) };
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
