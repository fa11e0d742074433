import { throwErrors, WarmstartError } from '../common/errors.ts';
import { type Database, type Scenario, sql, type TransactionalDatabase } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, externalIdErrors, titleErrors } from './check-batch.ts';
import { lockedFields, ruleOrError, type ScenarioRule, type StoredRule } from './scenario-rule.ts';
import { scenarioColumns } from './scenarios.ts';

export interface ScenarioInput {
  readonly externalId: string;
  readonly title: string;
  /** Default: unchanged, or none for a new scenario. `null` removes the rule. The pool then stays as it is. */
  readonly rule?: ScenarioRule | null | undefined;
}

/**
 * Adds scenarios, or replaces the titles of existing scenarios, all or none. Pools follow the given rules from then on.
 * Returns the scenarios in the order of the input. Throws BAD_USER_INPUT for every invalid ID, title and rule.
 */
export async function upsertScenarios(
  database: TransactionalDatabase,
  scenarios: readonly ScenarioInput[],
): Promise<Scenario[]> {
  checkBatchSize(['scenarios'], scenarios);
  const errors = [...externalIdErrors(['scenarios'], scenarios), ...titleErrors(['scenarios'], scenarios)];
  if (scenarios.every(({ rule }) => !rule)) {
    throwErrors(errors);
    return storeScenarios(database, scenarios, []);
  }
  return database.$transaction(async (transaction) => {
    const fields = await lockedFields(transaction);
    const rules = scenarios.map(({ rule }, index) => rule && ruleOrError(fields, rule, ['scenarios', index, 'rule']));
    throwErrors([...errors, ...rules.filter((rule) => rule instanceof WarmstartError)]);
    return storeScenarios(transaction, scenarios, rules as readonly (StoredRule | null | undefined)[]);
  }, computing);
}

/** In milliseconds: pools are computed from all items. */
const computing = { maxWait: 10_000, timeout: 60_000 };

/** Uses IDs and locks like `upsertUsers`. Triggers compute the pools of changed rules. */
async function storeScenarios(
  database: Database,
  scenarios: readonly ScenarioInput[],
  rules: readonly (StoredRule | null | undefined)[],
): Promise<Scenario[]> {
  const entries = JSON.stringify(
    scenarios.map((scenario, position) => ({ ...scenario, rule: rules[position] ?? undefined, position })),
  );
  const givingRule = scenarios.filter(({ rule }) => rule !== undefined).map(({ externalId }) => externalId);
  const rows = await database.$queryRaw<Scenario[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT coalesce(known_id, nextval('scenarios_id_seq')) AS id, "externalId", title, rule FROM (
        SELECT known.id AS known_id, entry.*
        FROM jsonb_to_recordset(${entries}::jsonb) AS entry(position int, "externalId" text, title text, rule jsonb)
          LEFT JOIN scenarios AS known ON known.external_id = entry."externalId" ORDER BY position
      ) AS entry
    )
    INSERT INTO scenarios (id, external_id, title, rule) SELECT * FROM entries ORDER BY "externalId"
    ON CONFLICT (external_id) DO UPDATE SET title = EXCLUDED.title,
      rule = CASE WHEN EXCLUDED.external_id = ANY(${givingRule}::text[]) THEN EXCLUDED.rule ELSE scenarios.rule END
    RETURNING ${scenarioColumns}`);
  const ids = scenarios.map(({ externalId }) => externalId);
  return inOrderOf(ids, rows, ({ externalId }) => externalId) as Scenario[];
}
