import { type OnBytes, rejectOf } from '../catalog/bulk-catalog.ts';
import { externalIdProblem } from '../catalog/external-id.ts';
import { interactionTypeProblem, interactionValueProblem, type RatingScale } from '../catalog/interaction-value.ts';
import { notFoundMessage } from '../common/errors.ts';
import type { Dataset, InteractionRecord, OnReject, Sourced } from '../datasets/dataset.ts';
import type { InteractionTypes } from '../features/interaction-types.ts';
import type { CatalogKeys } from './catalog-keys.ts';
import type { MissingKeys } from './missing-keys.ts';

/** An interaction of a dataset with the internal IDs of what it refers to. */
export interface KnownInteraction {
  readonly userId: number;
  readonly itemId: number;
  readonly scenarioId: number | null;
  /** The name of a declared type. */
  readonly type: string;
  readonly value: number | null;
  /** `null` if only the order is known. */
  readonly time: Date | null;
}

export interface KnownInteractionsOptions {
  readonly ratingScale: RatingScale;
  readonly types: InteractionTypes;
  readonly keys: CatalogKeys;
  /** Names users and items that are not in the catalog yet. Default: interactions of them are rejected. */
  readonly missing?: MissingKeys | undefined;
  readonly onReject: OnReject;
  readonly onBytes: OnBytes;
}

/**
 * Yields the interactions of a dataset that can be stored, in the order of its rows. Rejects interactions of users, items
 * and scenarios that are unknown, and values and times that are not allowed, such as ratings outside the scale.
 */
export async function* knownInteractions(
  dataset: Dataset,
  options: KnownInteractionsOptions,
): AsyncGenerator<KnownInteraction[]> {
  const { keys, missing, onReject, onBytes } = options;
  for await (const { rows, bytes } of dataset.interactions(onReject)) {
    if (missing) await missing.draw(rows.map(({ record }) => record).filter((record) => !problemOf(record, options)));
    const known: KnownInteraction[] = [];
    let swapped: boolean | undefined;
    // Only few groups have unknown users or items.
    const isSwapped = () => (swapped ??= areSwapped(rows, keys));
    for (const row of rows) {
      const found = problemOf(row.record, options) ?? knownOrProblem(row.record, keys, isSwapped);
      if (typeof found === 'string') onReject(rejectOf(row, found));
      else known.push(found);
    }
    onBytes(bytes);
    yield known;
  }
}

/** Returns why an interaction cannot be stored whatever users and items exist, or `undefined`. */
function problemOf(
  { userId, itemId, scenarioId, type, value, time }: InteractionRecord,
  { ratingScale, types, keys, missing }: KnownInteractionsOptions,
): string | undefined {
  const problem =
    interactionTypeProblem(types, type) ??
    interactionValueProblem(ratingScale, type, value) ??
    (time ? timeProblem(time) : undefined);
  if (problem) return problem;
  if (scenarioId !== undefined && !keys.scenarios.has(scenarioId)) return notFoundMessage('scenario', scenarioId);
  return missing && (idProblem('user', userId, keys.users) ?? idProblem('item', itemId, keys.items));
}

/** IDs that are known are valid. Checking them again would take longer than finding them. */
function idProblem(kind: 'user' | 'item', id: string, known: ReadonlyMap<string, number>): string | undefined {
  if (known.has(id)) return undefined;
  const problem = externalIdProblem(id);
  return problem && `the ID of the ${kind}: ${problem}`;
}

/** The bounds of times in the database. */
const [earliest, latest] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

function timeProblem(time: Date): string | undefined {
  const milliseconds = time.getTime();
  if (milliseconds >= earliest && milliseconds <= latest) return undefined;
  const came = Number.isNaN(milliseconds) ? 'an invalid one' : time.toISOString();
  return `expected a time in the years 1 to 9999, got ${came}`;
}

function knownOrProblem(
  { userId, itemId, scenarioId, type, value, time }: InteractionRecord,
  { users, items, scenarios }: CatalogKeys,
  isSwapped: () => boolean,
): KnownInteraction | string {
  const user = users.get(userId);
  if (user === undefined) return unknown('user', userId, isSwapped());
  const item = items.get(itemId);
  if (item === undefined) return unknown('item', itemId, isSwapped());
  const scenario = scenarioId === undefined ? null : (scenarios.get(scenarioId) as number);
  return { userId: user, itemId: item, scenarioId: scenario, type, value, time };
}

function unknown(kind: 'user' | 'item', id: string, swapped: boolean): string {
  const advice = swapped
    ? 'most users of these rows are stored as items, or most items as users; swap "user" and "item" of the mapping'
    : '--create-missing creates it';
  return `${notFoundMessage(kind, id)}; ${advice}`;
}

/** Whether most users are known only as items, or most items only as users. Creating them would make it worse. */
function areSwapped(rows: readonly Sourced<InteractionRecord>[], { users, items }: CatalogKeys): boolean {
  const inUsers = rows.filter(({ record: { userId } }) => !users.has(userId) && items.has(userId)).length;
  const inItems = rows.filter(({ record: { itemId } }) => !items.has(itemId) && users.has(itemId)).length;
  return Math.max(inUsers, inItems) > rows.length / 2;
}
