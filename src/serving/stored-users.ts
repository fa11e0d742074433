import { feedbackTypes } from '../features/feedback.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { History, Recipient } from './recipient.ts';

/** A user as stored, with interactions up to one moment. */
export interface StoredUser extends Recipient {
  readonly externalId: string;
  readonly userId: number;
}

/** Consecutive interactions. All are `null` without interactions. */
interface HistoryRow {
  readonly itemIds: readonly number[] | null;
  /** One character each: the type's index in `feedbackTypes`, or `?` for a type that this server does not know. */
  readonly types: string | null;
  readonly values: readonly (number | null)[] | null;
  /** The ID of the first of these interactions; 0 without interactions. */
  readonly oldest: string;
}

interface UserRow extends HistoryRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: unknown;
  readonly watermark: string;
}

const typeSql = `CASE type ${feedbackTypes.map((type, index) => `WHEN '${type}' THEN '${index}'`).join(' ')} ELSE '?' END`;

/** The arrays are parsed several times as fast as JSON than as PostgreSQL's arrays. `order` is that of the primary key. */
const historySql = (order: 'id' | 'id DESC') => `json_agg(item_id ORDER BY ${order}) AS "itemIds",
  string_agg(${typeSql}, '' ORDER BY ${order}) AS types, json_agg(value ORDER BY ${order}) AS values,
  coalesce(min(id), 0)::text AS oldest`;

/** So many of a user's interactions are kept as they are, the most recent ones. A support set never has more. */
const maxRecent = 5000;

const usersWithHistorySql = `SELECT users.id, external_id AS "externalId", features, history.*
   FROM users CROSS JOIN LATERAL (
     SELECT ${historySql('id')}, coalesce(max(id), 0)::text AS watermark
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

/** Interactions read at once before the most recent ones: parsing them takes the event loop a few milliseconds. */
const interactionsPerPiece = 10_000;

/**
 * The interactions before one, latest first. They are sent as they are: to find the distinct ones, PostgreSQL would take
 * several times as long.
 */
const earlierInteractions = prepared<HistoryRow>(
  'earlier interactions of a user',
  `SELECT ${historySql('id DESC')} FROM (
     SELECT id, item_id, type, value FROM interactions WHERE user_id = $1::int AND id < $2::bigint
     ORDER BY id DESC LIMIT ${interactionsPerPiece}
   ) AS piece`,
);

/**
 * Reads users by external ID, with their interactions up to `watermark`, or all of them. Users that do not exist are
 * missing from the result. Long histories take several statements; `check`, which may throw, is called before each.
 */
export async function readStoredUsers(
  connections: Connections,
  catalog: LiveCatalog,
  externalIds: readonly string[],
  { watermark, check = () => {} }: { readonly watermark?: bigint | undefined; readonly check?: () => void } = {},
): Promise<StoredUser[]> {
  const users =
    externalIds.length === 1
      ? await userWithHistory(connections, [externalIds[0], watermark ?? null])
      : await usersWithHistories(connections, [externalIds, watermark ?? null]);
  const unknown = users.some(({ itemIds }) => itemIds?.some((id) => catalog.items.rowOf(id) === undefined));
  // Another server has just stored these items.
  if (unknown) await catalog.catchUp();
  return Promise.all(users.map((user) => recipientOf({ connections, catalog, check }, user)));
}

interface HistoryReader {
  readonly connections: Connections;
  readonly catalog: LiveCatalog;
  readonly check: () => void;
}

async function recipientOf(reader: HistoryReader, user: UserRow): Promise<StoredUser> {
  const { id, externalId, features, watermark, itemIds } = user;
  const isWhole = (itemIds?.length ?? 0) < maxRecent;
  const history = isWhole ? emptyHistory() : await earlierHistory(reader, user);
  append(history, reader.catalog, user);
  return {
    key: `user ${id} ${watermark}`,
    entity: { id: externalId, features: reader.catalog.featuresOfUser(externalId, features) },
    externalId,
    userId: id,
    watermark: BigInt(watermark),
    history,
  };
}

/** A history that is being read. */
type GrowingHistory = { readonly [Column in keyof History]: History[Column][number][] };

function emptyHistory(): GrowingHistory {
  return { rows: [], types: [], values: [] };
}

/**
 * Returns what counts of a user's interactions before the recent ones, oldest first: the very first, which decides the
 * draw of negatives, and the latest with each item and of each type. Somebody with a million views neither blocks the
 * event loop nor takes more memory than the catalog.
 */
async function earlierHistory(
  { connections, catalog, check }: HistoryReader,
  { id, oldest }: UserRow,
): Promise<GrowingHistory> {
  const history = emptyHistory();
  const known = new Uint8Array(catalog.items.rows);
  let before = oldest;
  let isLast = false;
  while (!isLast) {
    check();
    const [piece] = await earlierInteractions(connections, [id, before]);
    if (!piece?.itemIds) break;
    isLast = piece.itemIds.length < interactionsPerPiece;
    append(history, catalog, piece, known);
    before = piece.oldest;
  }
  for (const column of Object.values(history)) column.reverse();
  return history;
}

/**
 * Appends interactions. Leaves out items that have been deleted since, and interactions whose item and type are `known`
 * (a bit for each type, by row), except for the last of the piece, which may be the user's very first.
 */
function append(
  { rows, types, values }: GrowingHistory,
  { items }: LiveCatalog,
  piece: HistoryRow,
  known?: Uint8Array,
): void {
  const itemIds = piece.itemIds ?? [];
  for (const [index, itemId] of itemIds.entries()) {
    const row = items.rowOf(itemId);
    if (row === undefined) continue;
    const type = typeOf(piece.types?.[index]);
    if (known) {
      const bits = known[row] ?? 0;
      if (bits & (1 << type) && index < itemIds.length - 1) continue;
      known[row] = bits | (1 << type);
    }
    rows.push(row);
    types.push(type);
    values.push(piece.values?.[index] ?? null);
  }
}

function typeOf(character: string | undefined): number {
  const type = Number(character);
  if (type < feedbackTypes.length) return type;
  throw new Error(`expected an interaction of a type among ${feedbackTypes.join(', ')}; upgrade this server`);
}
