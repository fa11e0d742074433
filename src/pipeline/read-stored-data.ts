import { isLatestPositive } from '../catalog/interaction-value.ts';
import type { Entity } from '../features/encode-features.ts';
import type { EntityKind, FeatureField } from '../features/feature-schema.ts';
import { type OnIgnored, readableFeatures } from '../features/readable-features.ts';
import { type Database, sql } from '../store/database.ts';
import type { Pairs } from '../tasks/training-data.ts';

/** A stored user or item with its internal ID, which interactions refer to. */
export interface StoredEntity extends Entity {
  readonly internalId: number;
}

interface StoredRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: unknown;
}

/** Rows read between two turns of the event loop. */
const rowsPerRead = 1000;
const select = { id: true, externalId: true, features: true } as const;

/** The declared fields of the features that are read, see `readableFeatures`. */
export interface ReadFeatures {
  readonly fields: readonly FeatureField[];
  readonly onIgnored?: OnIgnored | undefined;
}

/** Reads users by internal ID, in ascending order of `ids`. Deleted users are missing. */
export async function readUsers(
  database: Database,
  features: ReadFeatures,
  ids: readonly number[],
): Promise<StoredEntity[]> {
  const entityOf = entityReader(features, 'user');
  const users: StoredEntity[] = [];
  for (let start = 0; start < ids.length; start += rowsPerRead) {
    const where = { id: { in: ids.slice(start, start + rowsPerRead) } };
    const rows = await database.user.findMany({ where, select, orderBy: { id: 'asc' } });
    users.push(...rows.map(entityOf));
  }
  return users;
}

/** Reads all items, ordered by internal ID. */
export async function readItems(database: Database, features: ReadFeatures): Promise<StoredEntity[]> {
  const entityOf = entityReader(features, 'item');
  const items: StoredEntity[] = [];
  for (;;) {
    const where = { id: { gt: items.at(-1)?.internalId ?? 0 } };
    const rows = await database.item.findMany({ where, select, orderBy: { id: 'asc' }, take: rowsPerRead });
    items.push(...rows.map(entityOf));
    if (rows.length < rowsPerRead) return items;
  }
}

/** Maps internal IDs to rows. */
export function rowsByInternalId(entities: readonly StoredEntity[]): ReadonlyMap<number, number> {
  return new Map(entities.map(({ internalId }, row) => [internalId, row]));
}

function entityReader({ fields, onIgnored }: ReadFeatures, entity: EntityKind): (row: StoredRow) => StoredEntity {
  const read = readableFeatures(fields, entity, onIgnored);
  return ({ id, externalId, features }) => ({ internalId: id, id: externalId, features: read(externalId, features) });
}

/** The rows of users and items by internal ID. */
export interface PairRows {
  readonly users: ReadonlyMap<number, number>;
  readonly items: ReadonlyMap<number, number>;
}

const scenariosPerRead = 100;

/** A scenario with the items of its pool. */
export interface StoredPool {
  readonly externalId: string;
  /** The rows of the scenario's items, ascending. */
  readonly members: Int32Array;
}

/** Reads the scenarios that have items. Items without a row are left out. */
export async function readPools(database: Database, { items }: Pick<PairRows, 'items'>): Promise<StoredPool[]> {
  const pools: StoredPool[] = [];
  for (let after = 0; ; ) {
    const read = await database.$queryRaw<{ scenarioId: number; externalId: string; itemIds: number[] }[]>(sql`
      SELECT scenario_id AS "scenarioId", min(external_id) AS "externalId", array_agg(item_id) AS "itemIds"
      FROM scenario_items JOIN scenarios ON scenarios.id = scenario_id
      WHERE scenario_id IN (
        SELECT DISTINCT scenario_id FROM scenario_items WHERE scenario_id > ${after}
        ORDER BY scenario_id LIMIT ${scenariosPerRead})
      GROUP BY scenario_id ORDER BY scenario_id`);
    for (const { externalId, itemIds } of read) {
      const rows = itemIds.map((id) => items.get(id)).filter((row) => row !== undefined);
      pools.push({ externalId, members: Int32Array.from(rows).sort() });
    }
    const last = read.at(-1);
    if (!last) return pools;
    after = last.scenarioId;
  }
}

interface StoredPairs {
  readonly userIds: number[];
  readonly itemIds: number[];
  readonly positive: boolean[];
}

/** Pairs of a user and an item of which the user has an opinion, by whether the latest one is a like. */
export interface RatedPairs {
  readonly positives: Pairs;
  readonly others: Pairs;
}

/** Pairs read between two turns of the event loop. */
const pairsPerRead = 4000;

/**
 * Reads all distinct pairs of a user and an item of which the user has an opinion, ordered by user and item.
 * Ratings are positive from `positiveFrom` on. Pairs without a row are left out, because they were added after the
 * users and items were read.
 */
export async function readPairs(database: Database, rows: PairRows, positiveFrom: number): Promise<RatedPairs> {
  const batches: RatedPairs[] = [];
  let [lastUser, lastItem] = [0, 0];
  for (;;) {
    // An index has this order, so PostgreSQL reads hardly more than the pairs that it returns.
    const [read] = await database.$queryRaw<StoredPairs[]>(sql`
      SELECT coalesce(array_agg(user_id ORDER BY user_id, item_id), '{}') AS "userIds",
        coalesce(array_agg(item_id ORDER BY user_id, item_id), '{}') AS "itemIds",
        coalesce(array_agg(positive ORDER BY user_id, item_id), '{}') AS positive
      FROM (
        SELECT user_id, item_id, ${isLatestPositive(positiveFrom)} AS positive FROM opinions
        WHERE user_id >= ${lastUser} AND (user_id, item_id) > (${lastUser}::int, ${lastItem}::int)
        GROUP BY user_id, item_id ORDER BY user_id, item_id LIMIT ${pairsPerRead}) AS pairs`);
    const { userIds, itemIds, positive } = read as StoredPairs;
    const pairs = (positives: boolean) => pairsOf(userIds, itemIds, rows, (pair) => positive[pair] === positives);
    batches.push({ positives: pairs(true), others: pairs(false) });
    if (userIds.length < pairsPerRead) break;
    [lastUser, lastItem] = [userIds.at(-1) as number, itemIds.at(-1) as number];
  }
  return {
    positives: joinPairs(batches.map(({ positives }) => positives)),
    others: joinPairs(batches.map(({ others }) => others)),
  };
}

function pairsOf(
  userIds: readonly number[],
  itemIds: readonly number[],
  rows: PairRows,
  isKept: (pair: number) => boolean,
): Pairs {
  const users = new Int32Array(userIds.length);
  const items = new Int32Array(userIds.length);
  let count = 0;
  for (const [pair, userId] of userIds.entries()) {
    if (!isKept(pair)) continue;
    const [user, item] = [rows.users.get(userId), rows.items.get(itemIds[pair] as number)];
    if (user === undefined || item === undefined) continue;
    users[count] = user;
    items[count] = item;
    count += 1;
  }
  return { users: users.slice(0, count), items: items.slice(0, count) };
}

/** Concatenates pairs. */
export function joinPairs(parts: readonly Pairs[]): Pairs {
  return { users: joined(parts.map(({ users }) => users)), items: joined(parts.map(({ items }) => items)) };
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
