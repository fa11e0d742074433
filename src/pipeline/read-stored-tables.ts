import { declaredFields } from '../catalog/feature-fields.ts';
import { declaredTypes } from '../catalog/interaction-types.ts';
import type { InteractionTypes } from '../features/interaction-types.ts';
import { type Database, sql } from '../store/database.ts';
import type { Entities } from '../tasks/encode-known.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';
import { belongsToHistory, readHistories, type StoredHistory } from './read-histories.ts';
import { type PairRows, readItems, readPools, readUsers, rowsByInternalId } from './read-stored-data.ts';
import { feedbackOf, type UserHistoryOptions } from './user-histories.ts';

export interface ReadTablesOptions {
  /** Which interactions are read. With `any`, the latest one with each item, whatever it says. */
  readonly feedback: FeedbackKind;
  /** Users who interacted with fewer items are left out. */
  readonly minimumItems: number;
  /** The rating from which an item is liked. */
  readonly positiveFrom: number;
}

/** What is stored, in memory, with users and items as rows. */
export interface StoredTables extends Entities {
  readonly typeNames: readonly string[];
  readonly positiveFrom: number;
  readonly scenarios: readonly { readonly id: string; readonly items: Int32Array }[];
  readonly interactions: StoredInteractions;
}

/** Interactions in parallel arrays, user by user. */
export interface StoredInteractions {
  readonly users: Int32Array;
  readonly items: Int32Array;
  /** See `typeIndex`. */
  readonly types: Uint8Array;
  /** The rating of each interaction of type RATE, and 0 for all others. */
  readonly values: Float32Array;
  /** What each interaction says, see `opinionOf`. */
  readonly opinions: Float32Array;
  /** See `Task`. */
  readonly amounts: Float32Array;
  /** Milliseconds since 1970. */
  readonly times: Float64Array;
}

/**
 * Reads all items, all scenarios, and the users with enough interactions, with their histories. Memory is proportional
 * to the number of interactions, 29 bytes each. The result is of one moment only if the database is, see
 * `readSnapshot`.
 */
export async function readStoredTables(database: Database, options: ReadTablesOptions): Promise<StoredTables> {
  const fields = await declaredFields(database);
  const types = (await declaredTypes(database)).withRatingsFrom(options.positiveFrom);
  const users = await readUsers(database, { fields }, await usersWithEnough(database, options));
  const items = await readItems(database, { fields });
  const rows = { users: rowsByInternalId(users), items: rowsByInternalId(items) };
  const pools = await readPools(database, rows);
  return {
    fields,
    users,
    items,
    scenarios: pools.map(({ externalId, members }) => ({ id: externalId, items: members })),
    typeNames: types.names,
    positiveFrom: options.positiveFrom,
    interactions: await readInteractions(database, rows, { feedback: options.feedback, types }),
  };
}

/** Returns the internal IDs of the users with enough items, ascending. */
async function usersWithEnough(
  database: Database,
  { feedback, minimumItems }: ReadTablesOptions,
): Promise<readonly number[]> {
  const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
    SELECT coalesce(array_agg(user_id ORDER BY user_id), '{}') AS ids FROM (
      SELECT user_id FROM opinions WHERE ${belongsToHistory[feedback]}
      GROUP BY user_id HAVING count(DISTINCT item_id) >= ${minimumItems}) AS enough`);
  return row?.ids ?? [];
}

async function readInteractions(
  database: Database,
  rows: PairRows,
  { feedback, types: declared }: UserHistoryOptions,
): Promise<StoredInteractions> {
  const parts: StoredInteractions[] = [];
  for await (const histories of readHistories(database, [...rows.users.keys()], feedback)) {
    parts.push(tableOf(histories, rows, declared));
  }
  const all = emptyTable(parts.reduce((sum, { users }) => sum + users.length, 0));
  let start = 0;
  for (const { users, items, types, values, opinions, amounts, times } of parts) {
    all.users.set(users, start);
    all.items.set(items, start);
    all.types.set(types, start);
    all.values.set(values, start);
    all.opinions.set(opinions, start);
    all.amounts.set(amounts, start);
    all.times.set(times, start);
    start += users.length;
  }
  return all;
}

function tableOf(histories: readonly StoredHistory[], rows: PairRows, declared: InteractionTypes): StoredInteractions {
  const table = emptyTable(histories.reduce((sum, { itemIds }) => sum + itemIds.length, 0));
  let at = 0;
  for (const history of histories) {
    const { userId, itemIds } = history;
    const { types, labels, opinions, amounts } = feedbackOf(history, [...itemIds.keys()], declared);
    table.users.fill(rows.users.get(userId) as number, at, at + itemIds.length);
    table.items.set(
      itemIds.map((itemId) => rows.items.get(itemId) as number),
      at,
    );
    table.types.set(types, at);
    table.values.set(labels, at);
    table.opinions.set(opinions, at);
    table.amounts.set(amounts, at);
    table.times.set(history.times, at);
    at += itemIds.length;
  }
  return table;
}

function emptyTable(count: number): StoredInteractions {
  return {
    users: new Int32Array(count),
    items: new Int32Array(count),
    types: new Uint8Array(count),
    values: new Float32Array(count),
    opinions: new Float32Array(count),
    amounts: new Float32Array(count),
    times: new Float64Array(count),
  };
}
