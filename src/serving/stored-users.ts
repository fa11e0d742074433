import { expiredUntil, type InteractionTypes } from '../features/interaction-types.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { History, Recipient } from './recipient.ts';
import { emptyHistory, inTime, LatestInteractions, merge, type TimedHistory } from './timed-history.ts';

/** A user as stored, with interactions up to one moment. */
export interface StoredUser extends Recipient {
  readonly externalId: string;
  readonly userId: number;
}

/** Consecutive interactions. All are `null` without interactions. */
interface HistoryRow {
  readonly itemIds: readonly number[] | null;
  /** One character each: that of the code 48 and the type's number, or `~` for a type that is not in memory. */
  readonly types: string | null;
  readonly values: readonly (number | null)[] | null;
  /** Milliseconds since 1970. */
  readonly times: readonly number[] | null;
  /** The ID of the first of these interactions; 0 without interactions. */
  readonly oldest: string;
}

interface UserRow extends HistoryRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: unknown;
  readonly watermark: string;
}

const firstType = 48;
const unknownType = '~';

/**
 * The arrays are parsed several times as fast as JSON than as PostgreSQL's arrays. They are in the order of the primary
 * key. `$1` are the names of the types.
 */
const historySql = `json_agg(item_id ORDER BY id) AS "itemIds",
  string_agg(coalesce(chr(${firstType - 1} + array_position($1::text[], type)), '${unknownType}'), '' ORDER BY id) AS types,
  json_agg(value ORDER BY id) AS values,
  json_agg((date_part('epoch', occurred_at) * 1000)::int8 ORDER BY id) AS times, coalesce(min(id), 0)::text AS oldest`;

/** So many of a user's interactions are kept as they are, the most recent ones. A support set never has more. */
const maxRecent = 5000;

const usersWithHistorySql = `SELECT users.id, external_id AS "externalId", features, history.*
   FROM users CROSS JOIN LATERAL (
     SELECT ${historySql}, coalesce(max(id), 0)::text AS watermark
     FROM interactions WHERE user_id = users.id AND id <= coalesce($3::bigint, 9223372036854775807) AND id >= coalesce((
       SELECT id FROM interactions WHERE user_id = users.id AND id <= coalesce($3::bigint, 9223372036854775807)
       ORDER BY id DESC OFFSET ${maxRecent - 1} LIMIT 1
     ), 0)
   ) AS history`;

/** For one user, PostgreSQL soon keeps the plan. For an array it plans anew each time, which takes longer than the rest. */
const userWithHistory = prepared<UserRow>('user with history', `${usersWithHistorySql} WHERE external_id = $2::text`);
const usersWithHistories = prepared<UserRow>(
  'users with histories',
  `${usersWithHistorySql} WHERE external_id = ANY($2::text[])`,
);

/** Interactions read at once before the most recent ones: parsing them takes the event loop a few milliseconds. */
const interactionsPerPiece = 10_000;

/**
 * The interactions before one, by the order of recording. They are sent as they are: to find the distinct ones,
 * PostgreSQL would take several times as long.
 */
const earlierInteractions = prepared<HistoryRow>(
  'earlier interactions of a user',
  `SELECT ${historySql} FROM (
     SELECT id, item_id, type, value, occurred_at FROM interactions WHERE user_id = $2::int AND id < $3::bigint
     ORDER BY id DESC LIMIT ${interactionsPerPiece}
   ) AS piece`,
);

/**
 * Reads users by external ID, with their interactions up to `watermark`, or all of them, in the order of time. Users that
 * do not exist are missing from the result. Long histories take several statements; `check`, which may throw, is called
 * before each.
 */
export async function readStoredUsers(
  connections: Connections,
  catalog: LiveCatalog,
  externalIds: readonly string[],
  { watermark, check = () => {} }: { readonly watermark?: bigint | undefined; readonly check?: () => void } = {},
): Promise<StoredUser[]> {
  const read = () =>
    externalIds.length === 1
      ? userWithHistory(connections, [catalog.types.names, externalIds[0], watermark ?? null])
      : usersWithHistories(connections, [catalog.types.names, externalIds, watermark ?? null]);
  let users = await read();
  // Another server has just stored these items or declared these types.
  if (users.some(({ itemIds }) => itemIds?.some((id) => catalog.items.rowOf(id) === undefined)))
    await catalog.catchUp();
  if (users.some(({ types }) => types?.includes(unknownType))) {
    await catalog.catchUp();
    users = await read();
  }
  return Promise.all(users.map((user) => recipientOf({ connections, catalog, check }, user)));
}

interface HistoryReader {
  readonly connections: Connections;
  readonly catalog: LiveCatalog;
  readonly check: () => void;
}

async function recipientOf(reader: HistoryReader, user: UserRow): Promise<StoredUser> {
  const { catalog } = reader;
  const { id, externalId, features, watermark, itemIds } = user;
  const recent = timedHistory(catalog, user);
  const isWhole = (itemIds?.length ?? 0) < maxRecent;
  const history = isWhole ? recent : merge(await earlierHistory(reader, user), recent);
  return {
    key: `user ${id} ${watermark}`,
    entity: { id: externalId, features: catalog.featuresOfUser(externalId, features) },
    externalId,
    userId: id,
    watermark: BigInt(watermark),
    history: currentHistory(history, catalog.types, Date.now()),
  };
}

/**
 * Returns what counts of the interactions that were recorded before the recent ones, see `LatestInteractions`. Somebody
 * with a million views neither blocks the event loop nor takes more memory than the catalog.
 */
async function earlierHistory(
  { connections, catalog, check }: HistoryReader,
  { id, oldest }: UserRow,
): Promise<TimedHistory> {
  const latest = new LatestInteractions(catalog.items.rows, catalog.types);
  let before = oldest;
  let isLast = false;
  while (!isLast) {
    check();
    const [piece] = await earlierInteractions(connections, [catalog.types.names, id, before]);
    if (!piece?.itemIds) break;
    isLast = piece.itemIds.length < interactionsPerPiece;
    latest.add(timedHistory(catalog, piece));
    before = piece.oldest;
  }
  return latest.inTime();
}

/** Returns interactions in the order of time. Leaves out items that have been deleted since. */
function timedHistory(
  { items, types: declared }: LiveCatalog,
  { itemIds, types, values, times }: HistoryRow,
): TimedHistory {
  const history = emptyHistory();
  for (const [index, itemId] of (itemIds ?? []).entries()) {
    const row = items.rowOf(itemId);
    const type = (types?.charCodeAt(index) as number) - firstType;
    if (row === undefined || declared.all[type] === undefined) continue;
    history.rows.push(row);
    history.types.push(type);
    history.values.push(values?.[index] ?? null);
    history.times.push(times?.[index] as number);
  }
  return inTime(history);
}

/** Leaves out what has expired, and returns what the rest says. */
function currentHistory(
  { rows, types, values, times }: TimedHistory,
  declared: InteractionTypes,
  now: number,
): History {
  const limits = declared.all.map((type) => expiredUntil(type, now));
  const kept = limits.every((limit) => limit === -Infinity)
    ? undefined
    : [...times.keys()].filter((at) => (times[at] as number) > (limits[types[at] as number] as number));
  const columns = kept
    ? { rows: select(rows, kept), types: select(types, kept), values: select(values, kept), times: select(times, kept) }
    : { rows, types, values, times };
  return {
    ...columns,
    opinions: columns.types.map((type, at) => declared.opinionOf(type, columns.values[at] ?? null)),
  };
}

function select<T>(values: readonly T[], places: readonly number[]): T[] {
  return places.map((place) => values[place] as T);
}
