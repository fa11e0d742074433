import { type Database, type Interaction, sql } from '../store/database.ts';
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

type Row = Omit<InsertedInteraction, 'interaction'> & {
  readonly id: bigint | null;
  readonly occurredAt: Date;
};

/**
 * Stores validated interactions in their order with one statement, so that no connection is held between round trips.
 *
 * The users' rows are locked before IDs are drawn and until the interactions are visible. A user's interactions
 * therefore get their IDs in the order in which they become visible: a reader that has read up to an ID never misses an
 * earlier one. The rows are locked in the order of external IDs, like in all changes of several rows, so that two
 * batches wait for each other instead of deadlocking. Counting popularity locks items later, in an order of its own.
 */
export async function insertInteractions(
  database: Database,
  inputs: readonly InteractionInput[],
): Promise<InsertedInteraction[]> {
  if (inputs.length === 0) return [];
  const now = new Date();
  const entries = JSON.stringify(
    inputs.map((input, position) => ({ ...input, occurredAt: input.occurredAt ?? now, position })),
  );
  const rows = await database.$queryRaw<Row[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${entries}::jsonb) AS entry(position int, "user" text, item text, scenario text,
        type interaction_type, value float8, "occurredAt" timestamptz, "idempotencyKey" text)
    ), owners AS MATERIALIZED (
      SELECT id, external_id FROM users WHERE external_id IN (SELECT "user" FROM entries)
      ORDER BY external_id FOR NO KEY UPDATE
    ), found AS MATERIALIZED (
      SELECT entries.*, owners.id AS user_id, items.id AS item_id, scenarios.id AS scenario_id
      FROM entries LEFT JOIN owners ON owners.external_id = entries."user"
        LEFT JOIN items ON items.external_id = entries.item
        LEFT JOIN scenarios ON scenarios.external_id = entries.scenario
      ORDER BY position
    ), numbered AS MATERIALIZED (
      SELECT found.*, CASE WHEN user_id IS NOT NULL AND item_id IS NOT NULL AND (scenario IS NULL OR scenario_id IS NOT NULL)
        THEN nextval('interactions_id_seq') END AS id FROM found
    ), stored AS (
      INSERT INTO interactions (id, user_id, item_id, scenario_id, type, value, occurred_at, idempotency_key)
      SELECT id, user_id, item_id, scenario_id, type, value, "occurredAt", "idempotencyKey"
      FROM numbered WHERE id IS NOT NULL ORDER BY id
      ON CONFLICT (user_id, idempotency_key) DO NOTHING RETURNING id, occurred_at
    )
    SELECT numbered.user_id AS "userId", numbered.item_id AS "itemId", numbered.scenario_id AS "scenarioId",
      numbered."idempotencyKey", stored.id, stored.occurred_at AS "occurredAt"
    FROM numbered LEFT JOIN stored ON stored.id = numbered.id ORDER BY position`);
  return rows.map((row, index) => insertedOf(row, inputs[index] as InteractionInput));
}

function insertedOf({ id, occurredAt, ...row }: Row, { type, value = null }: InteractionInput): InsertedInteraction {
  const { userId, itemId } = row;
  if (id === null || userId === null || itemId === null) return { ...row, interaction: null };
  return { ...row, interaction: { ...row, id, userId, itemId, type, value, occurredAt } };
}
