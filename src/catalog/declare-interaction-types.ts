import { inputError, quote, throwErrors, WarmstartError } from '../common/errors.ts';
import {
  type GivenType,
  type InteractionType,
  InteractionTypes,
  maxInteractionTypes,
  polarities,
  rating,
  typeNamePattern,
} from '../features/interaction-types.ts';
import { batchSizeError } from './check-batch.ts';
import { selectTypes } from './interaction-types.ts';
import { largestValue } from './interaction-value.ts';

/** Sends a statement within the transaction of a declaration. */
export type Query = <Row>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

const maxWeight = 100;
const maxExpiryDays = 36_500;
/** `WARMSTART_SEEN_BY` and mappings give these another meaning. */
const reservedNames: readonly string[] = ['NONE', 'IGNORE'];

/** What a declaration has changed. */
export interface Declaration {
  readonly types: InteractionTypes;
  /** Whether popularity counts stored interactions in another way than before, so that `countPositives` is due. */
  readonly changesCounts: boolean;
}

/**
 * Declares types of interactions, all or none. A type that is already declared gets the new meaning.
 *
 * Throws BAD_USER_INPUT for every invalid field, and if there would be more than 32 types. `query` must run all
 * statements in one transaction.
 */
export async function declareInteractionTypes(query: Query, given: readonly GivenType[]): Promise<Declaration> {
  const size = batchSizeError(['types'], given, { max: maxInteractionTypes });
  throwErrors(size ? [size] : [...repeatedErrors(given), ...given.flatMap((type, index) => typeErrors(type, index))]);
  await query('LOCK TABLE interaction_types IN SHARE ROW EXCLUSIVE MODE', []);
  const before = new InteractionTypes(await query<InteractionType>(selectTypes, []));
  const declared = given.map((type) => completed(type, before));
  const added = new Set(declared.map(({ name }) => name).filter((name) => before.indexOf(name) === undefined));
  if (before.all.length + added.size > maxInteractionTypes) throw tooMany(before.all.length, added.size);
  await query(upsert, [JSON.stringify(declared)]);
  return {
    types: new InteractionTypes(await query<InteractionType>(selectTypes, [])),
    changesCounts: declared.some((type) => countsOtherwise(before, type)),
  };
}

/** Counts all interactions for popularity again. Recording waits until the transaction ends, so call it last. */
export async function countPositives(query: Query): Promise<void> {
  await query('SELECT count_positives()::text', []);
}

/** IDs go on after those of earlier types. */
const upsert = `INSERT INTO interaction_types
    (id, name, polarity, weight, positive_from, counts_as_seen, counts_once, expires_after_days)
  SELECT coalesce(known.id, (SELECT max(id) FROM interaction_types)
      + row_number() OVER (PARTITION BY known.id IS NULL ORDER BY place)),
    given.name, given.polarity, given.weight, given."positiveFrom", given."countsAsSeen", given."countsOnce",
    given."expiresAfterDays"
  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS each(type, place)
  CROSS JOIN LATERAL jsonb_to_record(type) AS given(name text, polarity polarity, weight float8,
    "positiveFrom" float8, "countsAsSeen" boolean, "countsOnce" boolean, "expiresAfterDays" float8)
  LEFT JOIN interaction_types AS known ON known.name = given.name
  ON CONFLICT (name) DO UPDATE SET polarity = excluded.polarity, weight = excluded.weight,
    positive_from = excluded.positive_from, counts_as_seen = excluded.counts_as_seen,
    counts_once = excluded.counts_once, expires_after_days = excluded.expires_after_days`;

/** Which ratings are positive follows the rating scale, so it stays as it is. */
function completed({ name, ...given }: GivenType, before: InteractionTypes): InteractionType {
  const { polarity, weight, positiveFrom, countsAsSeen, countsOnce, expiresAfterDays } = given;
  return {
    name,
    polarity: polarity ?? 'POSITIVE',
    weight: weight ?? 1,
    positiveFrom: name === rating ? knownType(before, name).positiveFrom : (positiveFrom ?? null),
    countsAsSeen: countsAsSeen ?? true,
    countsOnce: countsOnce ?? true,
    expiresAfterDays: expiresAfterDays ?? null,
  };
}

function knownType(types: InteractionTypes, name: string): InteractionType {
  return types.all[types.indexOf(name) as number] as InteractionType;
}

/** Whether popularity counts an earlier type in another way than before. */
function countsOtherwise(before: InteractionTypes, type: InteractionType): boolean {
  if (before.indexOf(type.name) === undefined) return false;
  const { polarity, positiveFrom, countsOnce } = knownType(before, type.name);
  return polarity !== type.polarity || positiveFrom !== type.positiveFrom || countsOnce !== type.countsOnce;
}

function nameProblem(name: string): string | undefined {
  if (reservedNames.includes(name))
    return `expected another name, since ${name} has a meaning of its own in settings or mappings`;
  if (typeNamePattern.test(name)) return undefined;
  return `expected 1 to 40 capital letters, digits and underscores that begin with a letter, such as ADD_TO_LIST, got ${quote(name)}`;
}

function typeErrors({ name, polarity, weight, positiveFrom, expiresAfterDays }: GivenType, index: number) {
  const isPositive = polarity == null || polarity === 'POSITIVE';
  const problems: Record<string, string | undefined> = {
    name: nameProblem(name),
    polarity:
      name === rating && !isPositive ? `expected POSITIVE for ${rating}, since its values are ratings` : undefined,
    weight: outside(weight, maxWeight),
    positiveFrom: positiveFrom == null ? undefined : positiveFromProblem(name, isPositive, positiveFrom),
    expiresAfterDays: outside(expiresAfterDays, maxExpiryDays),
  };
  return Object.entries(problems).flatMap(([field, problem]) =>
    problem ? [inputError(['types', index, field], problem)] : [],
  );
}

function repeatedErrors(given: readonly GivenType[]) {
  const names = given.map(({ name }) => name);
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    return [inputError(['types', index, 'name'], `expected each name once, got ${quote(name)} again`)];
  });
}

function outside(value: number | null | undefined, max: number): string | undefined {
  if (value == null || (value > 0 && value <= max)) return undefined;
  return `expected a number above 0 and at most ${max}, got ${value}`;
}

function positiveFromProblem(name: string, isPositive: boolean, value: number): string | undefined {
  if (name === rating) return `expected none for ${rating}, since the rating scale says which ratings are positive`;
  if (!isPositive) return `expected none for a type that is not ${polarities[0]}`;
  return value >= 0 && value <= largestValue ? undefined : `expected a number from 0 to ${largestValue}, got ${value}`;
}

function tooMany(known: number, added: number): WarmstartError {
  return new WarmstartError(
    'BAD_USER_INPUT',
    `types: expected at most ${maxInteractionTypes} declared types, got ${known} and ${added} more; give a declared type another meaning`,
    { field: ['types'] },
  );
}
