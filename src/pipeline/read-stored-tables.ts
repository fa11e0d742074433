import { declaredFields } from '../catalog/feature-fields.ts';
import { typeIndex } from '../features/feedback.ts';
import { type Database, type InteractionType, sql } from '../store/database.ts';
import type { Entities } from '../tasks/encode-known.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';
import { belongsToHistory, type HistoryOrder, readHistories, type StoredHistory } from './read-histories.ts';
import { type PairRows, readItems, readPools, readUsers, rowsByInternalId } from './read-stored-data.ts';

export interface ReadTablesOptions {
  /** Which interactions are read. With `any`, the latest one with each item, whatever it says. */
  readonly feedback: FeedbackKind;
  /** Users who interacted with fewer items are left out. */
  readonly minimumItems: number;
  readonly order: HistoryOrder;
}

/** What is stored, in memory, with users and items as rows. */
export interface StoredTables extends Entities {
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
  /** The time of every stored interaction is known. */
  readonly timed: true;
}

/**
 * Reads all items, all scenarios, and the users with enough interactions, with their histories. Memory is proportional
 * to the number of interactions, 13 bytes each. The result is of one moment only if the database is, see
 * `readSnapshot`.
 */
export async function readStoredTables(database: Database, options: ReadTablesOptions): Promise<StoredTables> {
  const fields = await declaredFields(database);
  const users = await readUsers(database, { fields }, await usersWithEnough(database, options));
  const items = await readItems(database, { fields });
  const rows = { users: rowsByInternalId(users), items: rowsByInternalId(items) };
  const pools = await readPools(database, rows);
  return {
    fields,
    users,
    items,
    scenarios: pools.map(({ externalId, members }) => ({ id: externalId, items: members })),
    interactions: await readInteractions(database, rows, options),
  };
}

/** Returns the internal IDs of the users with enough items, ascending. */
async function usersWithEnough(
  database: Database,
  { feedback, minimumItems }: ReadTablesOptions,
): Promise<readonly number[]> {
  const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
    SELECT coalesce(array_agg(user_id ORDER BY user_id), '{}') AS ids FROM (
      SELECT user_id FROM interactions WHERE ${belongsToHistory[feedback]}
      GROUP BY user_id HAVING count(DISTINCT item_id) >= ${minimumItems}) AS enough`);
  return row?.ids ?? [];
}

async function readInteractions(
  database: Database,
  rows: PairRows,
  options: ReadTablesOptions,
): Promise<StoredInteractions> {
  const parts: StoredInteractions[] = [];
  for await (const histories of readHistories(database, [...rows.users.keys()], options)) {
    parts.push(tableOf(histories, rows));
  }
  const all = emptyTable(parts.reduce((sum, { users }) => sum + users.length, 0));
  let start = 0;
  for (const { users, items, types, values } of parts) {
    all.users.set(users, start);
    all.items.set(items, start);
    all.types.set(types, start);
    all.values.set(values, start);
    start += users.length;
  }
  return all;
}

function tableOf(histories: readonly StoredHistory[], rows: PairRows): StoredInteractions {
  const table = emptyTable(histories.reduce((sum, { itemIds }) => sum + itemIds.length, 0));
  let at = 0;
  for (const { userId, itemIds, types, values } of histories) {
    table.users.fill(rows.users.get(userId) as number, at, at + itemIds.length);
    for (const [place, itemId] of itemIds.entries()) {
      const type = types[place] as InteractionType;
      table.items[at] = rows.items.get(itemId) as number;
      table.types[at] = typeIndex(type);
      table.values[at] = type === 'RATE' ? (values[place] as number) : 0;
      at += 1;
    }
  }
  return table;
}

function emptyTable(count: number): StoredInteractions {
  return {
    users: new Int32Array(count),
    items: new Int32Array(count),
    types: new Uint8Array(count),
    values: new Float32Array(count),
    timed: true,
  };
}
