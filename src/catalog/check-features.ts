import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { isStorable, storableText } from '../common/storable-text.ts';
import {
  type EntityKind,
  type FeatureField,
  type FeatureKind,
  type Features,
  type FeatureValue,
  maxMagnitude,
} from '../features/feature-schema.ts';
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
  const kinds = new Map(fields.filter((field) => field.entity === entity).map(({ name, kind }) => [name, kind]));
  return (features, path) => {
    const entries = Object.entries(features);
    if (entries.length > maxFeatures)
      return [inputError(path, `expected at most ${maxFeatures} features, got ${entries.length}`)];
    return entries.flatMap(([name, value]) => {
      const problem = featureProblem(kinds, entity, name, value);
      return problem ? [inputError([...path, name], problem)] : [];
    });
  };
}

function featureProblem(
  kinds: ReadonlyMap<string, FeatureKind>,
  entity: EntityKind,
  name: string,
  value: unknown,
): string | undefined {
  const kind = kinds.get(name);
  if (kind === undefined)
    return (
      reservedName(entity, name) ?? `expected a declared ${entity} feature (${namesOf(kinds)}), got ${quote(name)}`
    );
  if (value === null || fits[kind](value)) return undefined;
  return `expected ${expected[kind]} for the ${kind} ${entity} feature "${name}", got ${quote(value)}`;
}

function namesOf(kinds: ReadonlyMap<string, FeatureKind>): string {
  const names = [...kinds.keys()];
  if (names.length > maxNamesShown) return `${names.slice(0, maxNamesShown).join(', ')}, …`;
  return names.join(', ') || 'none';
}

/** Returns valid features as they are stored: the categories `true` and `false` are strings. */
export function plainFeatures(features: UncheckedFeatures | null | undefined): Features {
  const entries = Object.entries(features ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : (value as FeatureValue)]),
  );
}

const isCategory = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= maxCategoryLength && isStorable(value);

const fits: Record<FeatureKind, (value: unknown) => boolean> = {
  categorical: (value) => typeof value === 'boolean' || isCategory(value),
  multiValued: (value) => Array.isArray(value) && value.length <= maxValues && value.every(isCategory),
  numeric: (value) => typeof value === 'number' && Math.abs(value) <= maxMagnitude,
};

const category = `of at most ${maxCategoryLength} characters of ${storableText}`;
const expected: Record<FeatureKind, string> = {
  categorical: `true, false or a string ${category}`,
  multiValued: `a list of at most ${maxValues} strings, each ${category}`,
  numeric: `a number from -${maxMagnitude.toExponential()} to ${maxMagnitude.toExponential()}`,
};
