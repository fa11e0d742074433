import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { isStorable, storableText } from '../common/storable-text.ts';
import { expectedDate, millisecondsOf, storedDate } from '../features/dates.ts';
import {
  type EntityKind,
  type FeatureField,
  type FeatureKind,
  type Features,
  type FeatureValue,
  maxMagnitude,
} from '../features/feature-schema.ts';
import { hasDirection, singlePrecision } from '../features/vectors.ts';
import { reservedName } from './feature-fields.ts';

/** Features as the client sent them, not validated yet. */
export type UncheckedFeatures = Readonly<Record<string, unknown>>;

const maxFeatures = 100;
const maxValues = 256;
const maxCategoryLength = 256;
const maxNamesShown = 20;

/** Throws BAD_USER_INPUT for the first feature that is not declared or whose value is not of its kind. */
export function checkFeatures(
  fields: readonly FeatureField[],
  entity: EntityKind,
  features: UncheckedFeatures,
  path: FieldPath = ['features'],
): void {
  const [problem] = featureErrorsOf(fields, entity)(features, path);
  if (problem) throw problem;
}

/** Returns a function that returns all errors of the features of one user or item at `path`. */
export function featureErrorsOf(
  fields: readonly FeatureField[],
  entity: EntityKind,
): (features: UncheckedFeatures, path: FieldPath) => WarmstartError[] {
  const byName = new Map(fields.filter((field) => field.entity === entity).map((field) => [field.name, field]));
  return (features, path) => {
    const entries = Object.entries(features);
    if (entries.length > maxFeatures)
      return [inputError(path, `expected at most ${maxFeatures} features, got ${entries.length}`)];
    return entries.flatMap(([name, value]) => {
      const problem = featureProblem(byName, entity, name, value);
      return problem ? [inputError([...path, name], problem)] : [];
    });
  };
}

function featureProblem(
  fields: ReadonlyMap<string, FeatureField>,
  entity: EntityKind,
  name: string,
  value: unknown,
): string | undefined {
  const field = fields.get(name);
  if (field === undefined)
    return (
      reservedName(entity, name) ?? `expected a declared ${entity} feature (${namesOf(fields)}), got ${quote(name)}`
    );
  const { kind } = field;
  if (value === null || fits[kind](value, field)) return undefined;
  return `expected ${expected[kind](field)} for the ${kind} ${entity} feature "${name}", got ${found(kind, value)}`;
}

/** A list that should be a vector is too long to show, and its length or the number that is wrong says more. */
function found(kind: FeatureKind, value: unknown): string {
  if (kind !== 'vector' || !Array.isArray(value)) return quote(value);
  const place = value.findIndex((number) => !isNumber(number));
  return `a list of ${value.length}${place < 0 ? '' : ` with ${quote(value[place])} at place ${place + 1}`}`;
}

function namesOf(fields: ReadonlyMap<string, FeatureField>): string {
  const names = [...fields.keys()];
  if (names.length > maxNamesShown) return `${names.slice(0, maxNamesShown).join(', ')}, …`;
  return names.join(', ') || 'none';
}

/**
 * Returns the function that returns valid features as they are stored: the categories `true` and `false` are strings,
 * the numbers of vectors are rounded to 32 bits, a vector of zeros is `null`, and times are in UTC.
 */
export function plainFeatures(
  fields: readonly FeatureField[],
  entity: EntityKind,
): (features: UncheckedFeatures | null | undefined) => Features {
  const kinds = new Map(fields.filter((field) => field.entity === entity).map(({ name, kind }) => [name, kind]));
  return (features) =>
    Object.fromEntries(
      Object.entries(features ?? {}).map(([name, value]) => [
        name,
        value === null ? null : plain[kinds.get(name) as FeatureKind](value),
      ]),
    );
}

const plain: Record<FeatureKind, (value: unknown) => FeatureValue> = {
  categorical: String,
  multiValued: (value) => value as readonly string[],
  numeric: Number,
  vector: (value) => (hasDirection(value as number[]) ? (value as number[]).map(singlePrecision) : null),
  date: (value) => storedDate(value as string),
};

const isCategory = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= maxCategoryLength && isStorable(value);

const isNumber = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= maxMagnitude;

type Field = Pick<FeatureField, 'width'>;

const fits: Record<FeatureKind, (value: unknown, field: Field) => boolean> = {
  categorical: (value) => typeof value === 'boolean' || isCategory(value),
  multiValued: (value) => Array.isArray(value) && value.length <= maxValues && value.every(isCategory),
  numeric: isNumber,
  vector: (value, { width }) => Array.isArray(value) && value.length === width && value.every(isNumber),
  date: (value) => millisecondsOf(value) !== undefined,
};

const category = `of at most ${maxCategoryLength} characters of ${storableText}`;
const range = `from -${maxMagnitude.toExponential()} to ${maxMagnitude.toExponential()}`;
const expected: Record<FeatureKind, (field: Field) => string> = {
  categorical: () => `true, false or a string ${category}`,
  multiValued: () => `a list of at most ${maxValues} strings, each ${category}`,
  numeric: () => `a number ${range}`,
  vector: ({ width }) => `a list of ${width} numbers ${range}`,
  date: () => expectedDate,
};
