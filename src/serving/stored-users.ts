import type { Features } from '../features/feature-schema.ts';
import { feedbackTypes } from '../features/feedback.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { History, Recipient } from './recipient.ts';

/** A user as stored, with interactions up to one moment. */
export interface StoredUser extends Recipient {
  readonly externalId: string;
  readonly userId: number;
}

interface UserRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: Features;
  /** Of the interactions, oldest first: items, first letters of types, and values. All `null` without interactions. */
  readonly itemIds: readonly number[] | null;
  readonly types: string | null;
  readonly values: readonly (number | null)[] | null;
  readonly watermark: string;
}

/** The arrays are parsed several times as fast as JSON than as PostgreSQL's arrays. */
const usersWithHistories = prepared<UserRow>(
  'users with histories',
  `SELECT users.id, external_id AS "externalId", features, history.*
   FROM users CROSS JOIN LATERAL (
     SELECT json_agg(item_id ORDER BY id) AS "itemIds", string_agg(left(type::text, 1), '' ORDER BY id) AS types,
       json_agg(value ORDER BY id) AS values, coalesce(max(id), 0)::text AS watermark
     FROM interactions WHERE user_id = users.id AND id <= coalesce($2::bigint, 9223372036854775807)
   ) AS history WHERE external_id = ANY($1::text[])`,
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
  const users = await usersWithHistories(connections, [externalIds, watermark ?? null]);
  const unknown = users.some(({ itemIds }) => itemIds?.some((id) => catalog.items.rowOf(id) === undefined));
  // Another server has just stored these items.
  if (unknown) await catalog.refresh();
  return users.map((user) => recipientOf(catalog, user));
}

function recipientOf(catalog: LiveCatalog, { id, externalId, features, watermark, ...row }: UserRow): StoredUser {
  return {
    key: `user ${id} ${watermark}`,
    entity: { id: externalId, features },
    externalId,
    userId: id,
    watermark: BigInt(watermark),
    history: historyOf(catalog, row),
  };
}

const typeByLetter = new Map(feedbackTypes.map((type, index) => [type[0], index]));

/** Leaves out items that have been deleted since. */
function historyOf(
  { items }: LiveCatalog,
  { itemIds, types, values }: Pick<UserRow, 'itemIds' | 'types' | 'values'>,
): History {
  const history = { rows: [] as number[], types: [] as number[], values: [] as (number | null)[] };
  for (const [index, itemId] of (itemIds ?? []).entries()) {
    const row = items.rowOf(itemId);
    if (row === undefined) continue;
    history.rows.push(row);
    history.types.push(typeByLetter.get(types?.[index]) as number);
    history.values.push(values?.[index] ?? null);
  }
  return history;
}
