import { type Database, type Interaction, sql } from '../store/database.ts';
import { groupedInOrder, inOrderOf } from '../store/in-order.ts';
import { type Connections, prepared } from '../store/prepared.ts';

/** Identifies an interaction. */
export type InteractionKey = Pick<Interaction, 'userId' | 'id'>;

/** The position of an interaction in the order of time. Of several at the same time, the one recorded first comes first. */
export type TimedPlace = Pick<Interaction, 'occurredAt' | 'id'>;

/** The columns of `interactions`, with the names of an `Interaction`. */
const interactionColumns = sql`interactions.id, interactions.user_id AS "userId", interactions.item_id AS "itemId",
  interactions.scenario_id AS "scenarioId", interactions.type, interactions.value,
  interactions.occurred_at AS "occurredAt", interactions.idempotency_key AS "idempotencyKey", interactions.dataset`;

/** A page of a list of interactions. */
export interface InteractionsPage<Place> {
  readonly limit: number;
  /** Only interactions after this one in the order of the list. */
  readonly after: Place | undefined;
  /** Only interactions of these types. Default: all types. */
  readonly types: readonly string[] | null | undefined;
}

/** Returns interactions of all users, ordered by user and then by time. */
export async function listInteractions(
  database: Database,
  { limit, after, types }: InteractionsPage<TimedPlace & InteractionKey>,
): Promise<Interaction[]> {
  // The first condition lets PostgreSQL begin at the user in the primary key.
  const beyond = after
    ? sql`user_id >= ${after.userId}::int
        AND (user_id, occurred_at, id) > (${after.userId}::int, ${after.occurredAt}::timestamptz, ${after.id}::bigint)`
    : sql`TRUE`;
  return database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM interactions WHERE ${beyond} AND ${ofTypes(types)}
    ORDER BY user_id, occurred_at, id LIMIT ${limit}`);
}

/** Returns the same page of each user's interactions, latest first, with one statement for all users. */
export async function interactionsOfUsers(
  database: Database,
  { limit, after, types }: InteractionsPage<TimedPlace>,
  userIds: readonly number[],
): Promise<Interaction[][]> {
  const beyond = after ? sql`(occurred_at, id) < (${after.occurredAt}::timestamptz, ${after.id}::bigint)` : sql`TRUE`;
  const rows = await database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM unnest(${userIds}::int[]) AS parents(id) CROSS JOIN LATERAL (
      SELECT * FROM interactions WHERE user_id = parents.id AND ${beyond} AND ${ofTypes(types)}
      ORDER BY occurred_at DESC, id DESC LIMIT ${limit}
    ) AS interactions ORDER BY interactions.occurred_at DESC, interactions.id DESC`);
  return groupedInOrder(userIds, rows, ({ userId }) => userId);
}

/** Returns interactions by key, in the given order; `null` for a key that no interaction has. */
export async function interactionsByKey(
  database: Database,
  keys: readonly InteractionKey[],
): Promise<(Interaction | null)[]> {
  const rows = await database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM interactions WHERE (user_id, id) IN (
      SELECT * FROM unnest(${keys.map(({ userId }) => userId)}::int[], ${keys.map(({ id }) => id)}::bigint[]))`);
  const nameOf = ({ userId, id }: InteractionKey) => `${userId}:${id}`;
  return inOrderOf(keys.map(nameOf), rows, nameOf);
}

const byIdempotencyKey = prepared<Omit<Interaction, 'id'> & { readonly id: string }>(
  'interactions by idempotency key',
  `SELECT ${interactionColumns.sql} FROM interactions
  WHERE (user_id, idempotency_key) IN (SELECT * FROM unnest($1::int[], $2::text[]))`,
);

/** Returns the interactions that already have these idempotency keys of these users, in any order. */
export async function interactionsByIdempotencyKey(
  connections: Connections,
  keys: readonly (readonly [userId: number, idempotencyKey: string])[],
): Promise<Interaction[]> {
  const rows = await byIdempotencyKey(connections, [keys.map(([userId]) => userId), keys.map(([, key]) => key)]);
  return rows.map((row) => ({ ...row, id: BigInt(row.id) }));
}

function ofTypes(types: readonly string[] | null | undefined) {
  // A client may repeat a type.
  return types ? sql`type = ANY(${[...new Set(types)]}::text[])` : sql`TRUE`;
}
