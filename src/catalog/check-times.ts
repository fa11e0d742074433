import { type FieldPath, inputError, throwErrors, type WarmstartError } from '../common/errors.ts';
import type { Database } from '../store/database.ts';
import { linksOf } from '../store/error-links.ts';

/** Times that a client gives for an item. An absent one stays as it is, and `null` removes it. */
export interface GivenTimes {
  readonly externalId: string;
  readonly availableFrom?: Date | null | undefined;
  readonly availableUntil?: Date | null | undefined;
}

const timeNames = ['availableFrom', 'availableUntil'] as const;
type TimeName = (typeof timeNames)[number];

/** Returns why an item must not be available between these times; `undefined` if it can. */
export function timesProblem({ availableFrom, availableUntil }: Partial<GivenTimes>): string | undefined {
  if (!availableFrom || !availableUntil || availableFrom < availableUntil) return undefined;
  return `expected a time after availableFrom (${availableFrom.toISOString()}), got ${availableUntil.toISOString()}`;
}

/** Times that PostgreSQL and ISO 8601 with four digits of the year both have. */
const years = { first: Date.parse('0001-01-01T00:00:00Z'), end: Date.parse('9999-12-31T23:59:59.999Z') };

/** Returns the errors of the times of a batch at `path`. */
export function timeErrors(path: FieldPath, rows: readonly GivenTimes[]): WarmstartError[] {
  return rows.flatMap((row, index) => {
    const unusual = timeNames.filter((name) => !isStorable(row[name]));
    if (unusual.length > 0)
      return unusual.map((name) => inputError([...path, index, name], 'expected a time from the year 1 to 9999'));
    const problem = timesProblem(row);
    return problem ? [inputError([...path, index, 'availableUntil'], problem)] : [];
  });
}

function isStorable(time: Date | null | undefined): boolean {
  return !time || (time.getTime() >= years.first && time.getTime() <= years.end);
}

/** Returns the external IDs of the rows that give a time, or remove it. */
export function idsGiving(name: TimeName, rows: readonly GivenTimes[]): string[] {
  return rows.flatMap((row) => (row[name] === undefined ? [] : row.externalId));
}

/** The constraint of the database that no item becomes unavailable before it is available. */
const constraint = 'items_available_until_is_after_from';

/**
 * Stores rows by `store`. Throws BAD_USER_INPUT for every row at `path` that gives only one of the times if it
 * contradicts the other one, which is stored. Nothing may be stored then.
 */
export async function checkingStoredTimes<T>(
  database: Database,
  path: FieldPath,
  rows: readonly GivenTimes[],
  store: () => Promise<T>,
): Promise<T> {
  try {
    return await store();
  } catch (error) {
    if (!contradictsTimes(error)) throw error;
    throwErrors(await storedTimeErrors(database, path, rows));
    throw error;
  }
}

function contradictsTimes(error: unknown): boolean {
  return linksOf(error).some(({ message, originalMessage }) =>
    [message, originalMessage].some((text) => typeof text === 'string' && text.includes(constraint)),
  );
}

async function storedTimeErrors(
  database: Database,
  path: FieldPath,
  rows: readonly GivenTimes[],
): Promise<WarmstartError[]> {
  const stored = await database.item.findMany({
    select: { externalId: true, availableFrom: true, availableUntil: true },
    where: { externalId: { in: rows.map(({ externalId }) => externalId) } },
  });
  const known = new Map(stored.map((item) => [item.externalId, item]));
  return rows.flatMap((row, index) => {
    const { availableFrom = known.get(row.externalId)?.availableFrom } = row;
    const { availableUntil = known.get(row.externalId)?.availableUntil } = row;
    const problem = timesProblem({ availableFrom, availableUntil });
    if (!problem) return [];
    if (row.availableUntil !== undefined) return [inputError([...path, index, 'availableUntil'], problem)];
    const expected = `expected a time before the stored availableUntil (${availableUntil?.toISOString()})`;
    return [inputError([...path, index, 'availableFrom'], `${expected}, got ${availableFrom?.toISOString()}`)];
  });
}
