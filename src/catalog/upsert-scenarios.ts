import { throwErrors } from '../common/errors.ts';
import { type Database, type Scenario, sql } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, externalIdErrors, titleErrors } from './check-batch.ts';
import { scenarioColumns } from './scenarios.ts';

export interface ScenarioInput {
  readonly externalId: string;
  readonly title: string;
}

/**
 * Adds scenarios, or replaces the titles of existing scenarios, all or none. Returns the scenarios in the order of the
 * input. Throws BAD_USER_INPUT for every invalid ID and title.
 */
export async function upsertScenarios(database: Database, scenarios: readonly ScenarioInput[]): Promise<Scenario[]> {
  checkBatchSize(['scenarios'], scenarios);
  throwErrors([...externalIdErrors(['scenarios'], scenarios), ...titleErrors(['scenarios'], scenarios)]);
  return storeScenarios(database, scenarios);
}

/** Uses IDs and locks like `upsertUsers`. */
async function storeScenarios(database: Database, scenarios: readonly ScenarioInput[]): Promise<Scenario[]> {
  const entries = JSON.stringify(scenarios.map((scenario, position) => ({ ...scenario, position })));
  const rows = await database.$queryRaw<Scenario[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT coalesce(known_id, nextval('scenarios_id_seq')) AS id, "externalId", title FROM (
        SELECT known.id AS known_id, entry.*
        FROM jsonb_to_recordset(${entries}::jsonb) AS entry(position int, "externalId" text, title text)
          LEFT JOIN scenarios AS known ON known.external_id = entry."externalId" ORDER BY position
      ) AS entry
    )
    INSERT INTO scenarios (id, external_id, title) SELECT * FROM entries ORDER BY "externalId"
    ON CONFLICT (external_id) DO UPDATE SET title = EXCLUDED.title RETURNING ${scenarioColumns}`);
  const ids = scenarios.map(({ externalId }) => externalId);
  return inOrderOf(ids, rows, ({ externalId }) => externalId) as Scenario[];
}
