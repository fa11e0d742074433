import type { Features } from '../features/feature-schema.ts';
import { feedbackTypes } from '../features/feedback.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { runInChunks } from '../models/in-chunks.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { History, Recipient } from './recipient.ts';

/** A user as stored, with interactions up to one moment. */
export interface StoredUser extends Recipient {
  readonly externalId: string;
  readonly userId: number;
}

/** Interactions, oldest first. All are `null` without interactions. */
interface HistoryRow {
  readonly itemIds: readonly number[] | null;
  /** One character each: the type's index in `feedbackTypes`, or `?` for a type that this server does not know. */
  readonly types: string | null;
  readonly values: readonly (number | null)[] | null;
}

interface UserRow extends HistoryRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: Features;
  readonly watermark: string;
  /** The ID of the first of these interactions. */
  readonly oldest: string;
}

const typeSql = `CASE type ${feedbackTypes.map((type, index) => `WHEN '${type}' THEN '${index}'`).join(' ')} ELSE '?' END`;

/** The arrays are parsed several times as fast as JSON than as PostgreSQL's arrays. */
const historySql = `json_agg(item_id ORDER BY id) AS "itemIds", string_agg(${typeSql}, '' ORDER BY id) AS types,
  json_agg(value ORDER BY id) AS values`;

/**
 * So many of a user's interactions are read as they are, the most recent ones. A support set never has more. Of the
 * earlier ones, only what can still count is read, so that somebody with a million views does not block the event loop.
 */
const maxRecent = 5000;

const usersWithHistorySql = `SELECT users.id, external_id AS "externalId", features, history.*
   FROM users CROSS JOIN LATERAL (
     SELECT ${historySql}, coalesce(max(id), 0)::text AS watermark, coalesce(min(id), 0)::text AS oldest
     FROM interactions WHERE user_id = users.id AND id <= coalesce($2::bigint, 9223372036854775807) AND id >= coalesce((
       SELECT id FROM interactions WHERE user_id = users.id AND id <= coalesce($2::bigint, 9223372036854775807)
       ORDER BY id DESC OFFSET ${maxRecent - 1} LIMIT 1
     ), 0)
   ) AS history`;

/** For one user, PostgreSQL soon keeps the plan. For an array it plans anew each time, which takes longer than the rest. */
const userWithHistory = prepared<UserRow>('user with history', `${usersWithHistorySql} WHERE external_id = $1::text`);
const usersWithHistories = prepared<UserRow>(
  'users with histories',
  `${usersWithHistorySql} WHERE external_id = ANY($1::text[])`,
);

/**
 * What counts of a user's interactions before one: the very first, which decides the draw of negatives, and the latest
 * with each item and of each type. They come in pieces, so that no piece takes long to parse. Only ratings have values.
 */
const earlierHistory = prepared<HistoryRow>(
  'earlier history of a user',
  `WITH counting AS MATERIALIZED (
     SELECT item_id, type, max(id) AS id FROM interactions
     WHERE user_id = $1::int AND id < $2::bigint GROUP BY item_id, type
     UNION (SELECT item_id, type, id FROM interactions WHERE user_id = $1::int AND id < $2::bigint ORDER BY id LIMIT 1)
   ), pieces AS (
     SELECT id, item_id, type, row_number() OVER (ORDER BY id) / 2000 AS piece,
       CASE WHEN type = 'RATE' THEN (
         SELECT value FROM interactions AS rated WHERE user_id = $1::int AND rated.id = counting.id
       ) END AS value
     FROM counting
   ) SELECT ${historySql} FROM pieces GROUP BY piece ORDER BY piece`,
);

/**
 * Reads users by external ID, with their interactions up to `watermark`, or all of them. Users that do not exist are
 * missing from the result.
 */
export async function readStoredUsers(
  connections: Connections,
  catalog: LiveCatalog,
  externalIds: readonly string[],
  watermark?: bigint,
): Promise<StoredUser[]> {
  const users =
    externalIds.length === 1
      ? await userWithHistory(connections, [externalIds[0], watermark ?? null])
      : await usersWithHistories(connections, [externalIds, watermark ?? null]);
  const unknown = users.some(({ itemIds }) => itemIds?.some((id) => catalog.items.rowOf(id) === undefined));
  // Another server has just stored these items.
  if (unknown) await catalog.catchUp();
  return Promise.all(users.map((user) => recipientOf(connections, catalog, user)));
}

async function recipientOf(connections: Connections, catalog: LiveCatalog, user: UserRow): Promise<StoredUser> {
  const { id, externalId, features, watermark, oldest, itemIds } = user;
  const isWhole = (itemIds?.length ?? 0) < maxRecent;
  const earlier = isWhole ? [] : await earlierHistory(connections, [id, oldest]);
  return {
    key: `user ${id} ${watermark}`,
    entity: { id: externalId, features },
    externalId,
    userId: id,
    watermark: BigInt(watermark),
    history: await historyOf(catalog, [...earlier, user]),
  };
}

/** Leaves out items that have been deleted since. The event loop has a turn between two pieces. */
async function historyOf({ items }: LiveCatalog, pieces: readonly HistoryRow[]): Promise<History> {
  const history = { rows: [] as number[], types: [] as number[], values: [] as (number | null)[] };
  await runInChunks(pieces.length, 1, async (at) => {
    const { itemIds, types, values } = pieces[at] as HistoryRow;
    for (const [index, itemId] of (itemIds ?? []).entries()) {
      const row = items.rowOf(itemId);
      if (row === undefined) continue;
      history.rows.push(row);
      history.types.push(typeOf(types?.[index]));
      history.values.push(values?.[index] ?? null);
    }
  });
  return history;
}

function typeOf(character: string | undefined): number {
  const type = Number(character);
  if (type < feedbackTypes.length) return type;
  throw new Error(`expected an interaction of a type among ${feedbackTypes.join(', ')}; upgrade this server`);
}
