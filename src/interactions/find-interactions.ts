import { type Database, type Interaction, type InteractionType, sql } from '../store/database.ts';
import { groupedInOrder, inOrderOf } from '../store/in-order.ts';

/** What tells an interaction from all others, and where it stands among them. */
export type InteractionKey = Pick<Interaction, 'userId' | 'id'>;

/** Columns of `interactions` as an `Interaction` has them. */
const interactionColumns = sql`interactions.id, interactions.user_id AS "userId", interactions.item_id AS "itemId",
  interactions.scenario_id AS "scenarioId", interactions.type::text AS type, interactions.value,
  interactions.occurred_at AS "occurredAt", interactions.idempotency_key AS "idempotencyKey"`;

/** A part of a list of interactions. */
export interface InteractionsPage<Place> {
  readonly limit: number;
  /** Only interactions beyond this one in the list's order. */
  readonly after: Place | undefined;
  /** Only of these types; of all, unless told. */
  readonly types: readonly InteractionType[] | null | undefined;
}

/** Interactions of everybody, user by user, of each in the order in which they were recorded. */
export async function listInteractions(
  database: Database,
  { limit, after = { userId: 0, id: 0n }, types }: InteractionsPage<InteractionKey>,
): Promise<Interaction[]> {
  return database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM interactions
    WHERE (user_id, id) > (${after.userId}::int, ${after.id}::bigint) AND ${ofTypes(types)}
    ORDER BY user_id, id LIMIT ${limit}`);
}

/** For each user the same part of what they did, the latest first: one statement, however many users. */
export async function interactionsOfUsers(
  database: Database,
  { limit, after, types }: InteractionsPage<bigint>,
  userIds: readonly number[],
): Promise<Interaction[][]> {
  const beyond = after === undefined ? sql`TRUE` : sql`id < ${after}::bigint`;
  const rows = await database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM unnest(${userIds}::int[]) AS parents(id) CROSS JOIN LATERAL (
      SELECT * FROM interactions WHERE user_id = parents.id AND ${beyond} AND ${ofTypes(types)}
      ORDER BY id DESC LIMIT ${limit}
    ) AS interactions ORDER BY interactions.id DESC`);
  return groupedInOrder(userIds, rows, ({ userId }) => userId);
}

/** Interactions by key, in the order asked for; `null` where there is none. */
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

/** The interactions that have taken these keys of these users, in any order. */
export async function interactionsByIdempotencyKey(
  database: Database,
  keys: readonly (readonly [userId: number, idempotencyKey: string])[],
): Promise<Interaction[]> {
  return database.$queryRaw<Interaction[]>(sql`
    SELECT ${interactionColumns} FROM interactions WHERE (user_id, idempotency_key) IN (
      SELECT * FROM unnest(${keys.map(([userId]) => userId)}::int[], ${keys.map(([, key]) => key)}::text[]))`);
}

function ofTypes(types: readonly InteractionType[] | null | undefined) {
  // However often a client repeats one.
  return types ? sql`type = ANY(${[...new Set(types)]}::interaction_type[])` : sql`TRUE`;
}
