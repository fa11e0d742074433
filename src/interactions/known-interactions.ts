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
    if (missing) await missing.draw(newcomers(rows, options));
    const known: KnownInteraction[] = [];
    let swapped: boolean | undefined;
    // Only few groups have unknown users or items.
    const isSwapped = () => (swapped ??= areSwapped(rows, keys));
    for (const row of rows) {
      const found = problemOf(row.record, options) ?? knownOrProblem(row.record, options, isSwapped);
      if (typeof found === 'string') onReject(rejectOf(row, found));
      else known.push(found);
    }
    onBytes(bytes);
    yield known;
  }
}

/** Returns the interactions with an unknown user or item that can be stored once both exist. */
function newcomers(
  rows: readonly Sourced<InteractionRecord>[],
  options: KnownInteractionsOptions,
): InteractionRecord[] {
  const { users, items } = options.keys;
  // Finding an ID takes as long as all other checks of a row, and nearly all IDs are known.
  return rows
    .filter(({ record: { userId, itemId } }) => !users.has(userId) || !items.has(itemId))
    .map(({ record }) => record)
    .filter((record) => !(problemOf(record, options) ?? idProblemOf(record)));
}

/** Returns why an interaction cannot be stored whatever users and items exist, or `undefined`. Does not check their IDs. */
function problemOf(
  { scenarioId, type, value, time }: InteractionRecord,
  { ratingScale, types, keys }: KnownInteractionsOptions,
): string | undefined {
  const problem =
    interactionTypeProblem(types, type) ??
    interactionValueProblem(ratingScale, type, value) ??
    (time ? timeProblem(time) : undefined);
  if (problem) return problem;
  if (scenarioId !== undefined && !keys.scenarios.has(scenarioId)) return notFoundMessage('scenario', scenarioId);
  return undefined;
}

function idProblemOf({ userId, itemId }: InteractionRecord): string | undefined {
  return idProblem('user', userId) ?? idProblem('item', itemId);
}

function idProblem(kind: 'user' | 'item', id: string): string | undefined {
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
  record: InteractionRecord,
  { keys: { users, items, scenarios }, missing }: KnownInteractionsOptions,
  isSwapped: () => boolean,
): KnownInteraction | string {
  const { userId, itemId, scenarioId, type, value, time } = record;
  const [user, item] = [users.get(userId), items.get(itemId)];
  // Missing users and items are known by now, unless an ID of the interaction is invalid.
  const problem = missing && (user === undefined || item === undefined) ? idProblemOf(record) : undefined;
  if (problem) return problem;
  if (user === undefined) return unknown('user', userId, isSwapped());
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
