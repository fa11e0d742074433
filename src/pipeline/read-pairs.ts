import { type Database, sql } from '../store/database.ts';

/** Rows of users and of items by their internal ids. */
export interface PairRows {
  readonly users: ReadonlyMap<number, number>;
  readonly items: ReadonlyMap<number, number>;
}

interface StoredPairs {
  readonly userIds: number[];
  readonly itemIds: number[];
}

/** Pairs read between two turns of the event loop. */
const pairsPerRead = 4000;

/**
 * All distinct pairs of a user and an item with which the user interacted, in whatever way, by user and then by item.
 * Those without a row are left out: what was added meanwhile waits for the next training.
 */
export async function readPairs(
  database: Database,
  rows: PairRows,
): Promise<{ users: Int32Array; items: Int32Array }> {
  const lots: { users: Int32Array; items: Int32Array }[] = [];
  let [lastUser, lastItem] = [0, 0];
  for (;;) {
    // The primary key has users in order, so that only the pairs of one user at a time are sorted.
    const [read] = await database.$queryRaw<StoredPairs[]>(sql`
      SELECT coalesce(array_agg(user_id ORDER BY user_id, item_id), '{}') AS "userIds",
        coalesce(array_agg(item_id ORDER BY user_id, item_id), '{}') AS "itemIds"
      FROM (
        SELECT DISTINCT user_id, item_id FROM interactions
        WHERE user_id >= ${lastUser} AND (user_id, item_id) > (${lastUser}::int, ${lastItem}::int)
        ORDER BY user_id, item_id LIMIT ${pairsPerRead}) AS pairs`);
    const { userIds, itemIds } = read as StoredPairs;
    lots.push(pairsOf(userIds, itemIds, rows));
    if (userIds.length < pairsPerRead) break;
    [lastUser, lastItem] = [userIds.at(-1) as number, itemIds.at(-1) as number];
  }
  return { users: joined(lots.map(({ users }) => users)), items: joined(lots.map(({ items }) => items)) };
}

function pairsOf(userIds: readonly number[], itemIds: readonly number[], rows: PairRows) {
  const users = new Int32Array(userIds.length);
  const items = new Int32Array(userIds.length);
  let count = 0;
  for (const [pair, userId] of userIds.entries()) {
    const [user, item] = [rows.users.get(userId), rows.items.get(itemIds[pair] as number)];
    if (user === undefined || item === undefined) continue;
    users[count] = user;
    items[count] = item;
    count += 1;
  }
  return { users: users.subarray(0, count), items: items.subarray(0, count) };
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
