import type { Interaction } from '../store/database.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import type { InteractionInput } from './check-interaction.ts';

/** The result of one interaction, with the internal IDs of what it refers to; `null` for what does not exist. */
export interface InsertedInteraction {
  readonly userId: number | null;
  readonly itemId: number | null;
  /** Also `null` if the input has no scenario. */
  readonly scenarioId: number | null;
  readonly idempotencyKey: string | null;
  /** `null` if a user, item or scenario does not exist, or if the idempotency key is already used. */
  readonly interaction: Interaction | null;
}

interface Row {
  readonly userId: number | null;
  readonly itemId: number | null;
  readonly scenarioId: number | null;
  /** `null` if the interaction was not stored. */
  readonly id: string | null;
}

/** Takes the columns of the entries. Returns a row for each entry, in order. */
const insert = prepared<Row>(
  'insert interactions',
  `WITH entries AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::timestamptz[],
      $7::text[]) WITH ORDINALITY AS entry(owner, item, scenario, type, value, occurred_at, idempotency_key, position)
  ), owners AS MATERIALIZED (
    SELECT id, external_id FROM users WHERE external_id IN (SELECT owner FROM entries)
    ORDER BY external_id FOR NO KEY UPDATE
  ), found AS MATERIALIZED (
    SELECT entries.*, owners.id AS user_id, items.id AS item_id, scenarios.id AS scenario_id
    FROM entries LEFT JOIN owners ON owners.external_id = entries.owner
      LEFT JOIN items ON items.external_id = entries.item
      LEFT JOIN scenarios ON scenarios.external_id = entries.scenario
    ORDER BY position
  ), numbered AS MATERIALIZED (
    SELECT found.*, CASE WHEN user_id IS NOT NULL AND item_id IS NOT NULL AND (scenario IS NULL OR scenario_id IS NOT NULL)
      THEN nextval('interactions_id_seq') END AS id FROM found
  ), stored AS (
    INSERT INTO interactions (id, user_id, item_id, scenario_id, type, value, occurred_at, idempotency_key)
    SELECT id, user_id, item_id, scenario_id, type, value, occurred_at, idempotency_key
    FROM numbered WHERE id IS NOT NULL ORDER BY id
    ON CONFLICT (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id
  )
  SELECT user_id AS "userId", item_id AS "itemId", scenario_id AS "scenarioId", stored.id
  FROM numbered LEFT JOIN stored ON stored.id = numbered.id ORDER BY position`,
);

/**
 * Stores validated interactions in their order with one statement, so that no connection is held between round trips.
 *
 * The users' rows are locked before IDs are drawn and until the interactions are visible. A user's interactions
 * therefore get their IDs in the order in which they become visible: a reader that has read up to an ID never misses an
 * earlier one. The rows are locked in the order of external IDs, like in all changes of several rows, so that two
 * batches wait for each other instead of deadlocking. Counting popularity locks items later, in an order of its own.
 */
export async function insertInteractions(
  connections: Connections,
  inputs: readonly InteractionInput[],
): Promise<InsertedInteraction[]> {
  const now = new Date();
  const rows = await insertExisting(connections, [
    inputs.map(({ user }) => user),
    inputs.map(({ item }) => item),
    inputs.map(({ scenario }) => scenario ?? null),
    inputs.map(({ type }) => type),
    inputs.map(({ value }) => value ?? null),
    inputs.map(({ occurredAt }) => (occurredAt ?? now).toISOString()),
    inputs.map(({ idempotencyKey }) => idempotencyKey ?? null),
  ]);
  return rows.map((row, index) => insertedOf(row, inputs[index] as InteractionInput, now));
}

/** The SQLSTATE of a row that refers to one that does not exist. */
const foreignKeyViolation = '23503';

/**
 * An item or a scenario can be deleted after the statement has found it. The statement then has stored nothing, and it
 * does not find the item when it is sent again.
 */
async function insertExisting(connections: Connections, columns: readonly unknown[][], tries = 5): Promise<Row[]> {
  try {
    return await insert(connections, columns);
  } catch (error) {
    if (tries === 1 || (error as { code?: unknown }).code !== foreignKeyViolation) throw error;
    return insertExisting(connections, columns, tries - 1);
  }
}

function insertedOf({ id, ...row }: Row, input: InteractionInput, now: Date): InsertedInteraction {
  const { userId, itemId, scenarioId } = row;
  const idempotencyKey = input.idempotencyKey ?? null;
  const inserted = { userId, itemId, scenarioId, idempotencyKey };
  if (id === null || userId === null || itemId === null) return { ...inserted, interaction: null };
  const { type, value = null, occurredAt } = input;
  const stored = { id: BigInt(id), userId, itemId, type, value, occurredAt: occurredAt ?? now, dataset: null };
  return { ...inserted, interaction: { ...inserted, ...stored } };
}
