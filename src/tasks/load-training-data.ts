import { declaredFields } from '../catalog/feature-fields.ts';
import { WarmstartError } from '../errors.ts';
import { encodeFeatures } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import { type FitOptions, fitFeatureSchema } from '../features/fit-feature-schema.ts';
import { type Database, sql } from '../store/database.ts';
import { defaultEpisodes } from './sample-episode.ts';
import type { Task, TrainingData } from './training-data.ts';

export interface LoadTrainingDataOptions {
  /** Users with fewer rated items are left out. */
  readonly minimumPairs?: number;
  /** Of each user the first this many ratings are read. */
  readonly historyLimit: number;
  /** Most users; of more, a random sample is taken. */
  readonly mostUsers?: number;
  /** Determines the sample. */
  readonly seed: number;
  readonly features?: FitOptions;
}

export interface LoadedTrainingData extends TrainingData {
  /** Users with a history that is long enough, whether or not they are in the sample. */
  readonly eligibleUsers: number;
}

const rowsPerRead = 1000;

/**
 * Reads what a training of user tasks needs: the users with enough ratings, those ratings in the order in which
 * they were recorded, and all items. A later rating of an item replaces an earlier one.
 *
 * Throws INVALID_DATA when there is no such user.
 */
export async function loadTrainingData(
  database: Database,
  { minimumPairs, historyLimit, mostUsers = Infinity, seed, features }: LoadTrainingDataOptions,
): Promise<LoadedTrainingData> {
  const fewest = minimumPairs ?? defaultEpisodes.minimumPairs;
  const eligible = await eligibleUsers(database, fewest, seed);
  if (eligible.length === 0) {
    throw new WarmstartError(
      'INVALID_DATA',
      `there is nobody to train on: expected users who have rated at least ${fewest} items, found none; import or record ratings first`,
    );
  }
  const fields = await declaredFields(database);
  const users = await readUsers(
    database,
    eligible.slice(0, mostUsers).sort((a, b) => a - b),
  );
  // Somebody may have been deleted since: what was read is what there is.
  const userIds = users.map((user) => user.id);
  const items = await readItems(database);
  const itemRows = new Map(items.map(({ id }, row) => [id, row]));
  const tasks = await readHistories(database, userIds, itemRows, historyLimit);
  const userFeatures = users.map((user) => user.features as Features);
  const itemFeatures = items.map((item) => item.features as Features);
  const schema = fitFeatureSchema(fields, userFeatures, itemFeatures, features);
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', userFeatures),
    items: encodeFeatures(schema, 'item', itemFeatures),
    tasks,
    eligibleUsers: eligible.length,
  };
}

/** Internal ids in an order that the seed shuffles, so that any prefix is a random sample. */
async function eligibleUsers(database: Database, minimumPairs: number, seed: number): Promise<number[]> {
  const rows = await database.$queryRaw<{ ids: number[] }[]>(sql`
    SELECT coalesce(array_agg(user_id ORDER BY md5(user_id::text || '/' || ${String(seed)})), '{}') AS ids FROM (
      SELECT user_id FROM interactions WHERE type = 'RATE'
      GROUP BY user_id HAVING count(DISTINCT item_id) >= ${minimumPairs}
    ) AS eligible`);
  return rows[0]?.ids ?? [];
}

async function readUsers(database: Database, ids: readonly number[]) {
  const rows = [];
  for (let start = 0; start < ids.length; start += rowsPerRead) {
    const where = { id: { in: ids.slice(start, start + rowsPerRead) } };
    rows.push(
      ...(await database.user.findMany({
        where,
        select: { id: true, features: true },
        orderBy: { id: 'asc' },
      })),
    );
  }
  return rows;
}

async function readItems(database: Database) {
  const rows: { id: number; features: unknown }[] = [];
  for (;;) {
    const read = await database.item.findMany({
      where: { id: { gt: rows.at(-1)?.id ?? 0 } },
      select: { id: true, features: true },
      orderBy: { id: 'asc' },
      take: rowsPerRead,
    });
    rows.push(...read);
    if (read.length < rowsPerRead) return rows;
  }
}

interface StoredHistory {
  readonly userId: number;
  readonly itemIds: number[];
  readonly values: number[];
}

async function readHistories(
  database: Database,
  userIds: readonly number[],
  itemRows: ReadonlyMap<number, number>,
  limit: number,
): Promise<Task[]> {
  const histories: Task[] = [];
  const userRows = new Map(userIds.map((id, row) => [id, row]));
  for (let start = 0; start < userIds.length; start += rowsPerRead) {
    const page = userIds.slice(start, start + rowsPerRead);
    const rows = await database.$queryRaw<StoredHistory[]>(sql`
      SELECT user_id AS "userId", (array_agg(item_id ORDER BY id))[1:${limit}::int] AS "itemIds",
        (array_agg(value ORDER BY id))[1:${limit}::int] AS "values"
      FROM (
        SELECT DISTINCT ON (user_id, item_id) user_id, item_id, id, value FROM interactions
        WHERE type = 'RATE' AND user_id = ANY(${page}) ORDER BY user_id, item_id, id DESC
      ) AS latest GROUP BY user_id ORDER BY user_id`);
    for (const { userId, itemIds, values } of rows) {
      // An item added since the items were read has no row; its rating waits for the next training.
      const known = [...itemIds.keys()].filter((index) => itemRows.has(itemIds[index] as number));
      histories.push({
        users: Int32Array.of(userRows.get(userId) as number),
        items: Int32Array.from(known, (index) => itemRows.get(itemIds[index] as number) as number),
        labels: Float32Array.from(known, (index) => values[index] as number),
      });
    }
  }
  return histories;
}
