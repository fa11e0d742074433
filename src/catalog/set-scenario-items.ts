import { inputError, notFound, throwErrors } from '../common/errors.ts';
import { type Database, type Scenario, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize, idListErrors } from './check-batch.ts';
import { externalIdProblem } from './external-id.ts';
import { missingItems } from './items.ts';
import { scenarioColumns } from './scenarios.ts';

const maxItems = 10_000;

const followsRule =
  'expected a scenario without a rule, got one whose pool follows its rule; remove the rule by upsertScenarios first, or change it';

/**
 * Replaces the pool of a scenario by these items, given by external ID. An empty list empties the pool. A repeated item
 * is in the pool once. Throws BAD_USER_INPUT for every invalid ID and for a scenario with a rule, SCENARIO_NOT_FOUND, and
 * ITEM_NOT_FOUND for every unknown item. The pool does not change then.
 */
export async function setScenarioItems(
  database: TransactionalDatabase,
  scenario: string,
  items: readonly string[],
): Promise<Scenario> {
  checkBatchSize(['items'], items, { min: 0, max: maxItems });
  const problem = externalIdProblem(scenario);
  throwErrors([...(problem ? [inputError(['scenario'], problem)] : []), ...idListErrors(['items'], items)]);
  return database.$transaction(async (transaction) => {
    // A concurrent call waits here, and then replaces the result of the first one.
    const [row] = await transaction.$queryRaw<Scenario[]>(
      sql`SELECT ${scenarioColumns} FROM scenarios WHERE external_id = ${scenario} FOR NO KEY UPDATE`,
    );
    const missing = await missingItems(transaction, ['items'], items);
    throwErrors([...(row ? [] : [notFound('scenario', scenario, ['scenario'])]), ...missing]);
    if (row?.rule) throw inputError(['scenario'], followsRule);
    await replacePool(transaction, (row as Scenario).id, items);
    return row as Scenario;
  });
}

/** Deletes and inserts only the differences. */
async function replacePool(database: Database, scenarioId: number, externalIds: readonly string[]): Promise<void> {
  const wanted = sql`SELECT id FROM items WHERE external_id = ANY(${externalIds}::text[])`;
  await database.$executeRaw(
    sql`DELETE FROM scenario_items WHERE scenario_id = ${scenarioId} AND item_id NOT IN (${wanted})`,
  );
  await database.$executeRaw(sql`
    INSERT INTO scenario_items (scenario_id, item_id) SELECT ${scenarioId}::int, id FROM (${wanted}) AS wanted ORDER BY id
    ON CONFLICT DO NOTHING`);
}
