import { inputError, notFound, throwErrors } from '../common/errors.ts';
import { type Database, type Scenario, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize, idListFaults } from './check-batch.ts';
import { externalIdProblem } from './external-id.ts';
import { missingItems } from './items.ts';
import { scenarioColumns } from './scenarios.ts';

const maxItems = 10_000;

/**
 * Makes these items, by the client's ids, the whole pool of a scenario; none empties it, and one that is named twice is in it once.
 * Throws BAD_USER_INPUT for every id that cannot be, SCENARIO_NOT_FOUND and ITEM_NOT_FOUND, for every item; the pool then
 * stays as it was.
 */
export async function setScenarioItems(
  database: TransactionalDatabase,
  scenario: string,
  items: readonly string[],
): Promise<Scenario> {
  checkBatchSize(['items'], items, { least: 0, most: maxItems });
  const fault = externalIdProblem(scenario);
  throwErrors([...(fault ? [inputError(['scenario'], fault)] : []), ...idListFaults(['items'], items)]);
  return database.$transaction(async (transaction) => {
    // Of two at once the later one waits here, and then replaces what the earlier one made.
    const [row] = await transaction.$queryRaw<Scenario[]>(
      sql`SELECT ${scenarioColumns} FROM scenarios WHERE external_id = ${scenario} FOR NO KEY UPDATE`,
    );
    const missing = await missingItems(transaction, ['items'], items);
    throwErrors([...(row ? [] : [notFound('scenario', scenario, ['scenario'])]), ...missing]);
    await replacePool(transaction, (row as Scenario).id, items);
    return row as Scenario;
  });
}

/** What stays in the pool is left alone. */
async function replacePool(
  database: Database,
  scenarioId: number,
  externalIds: readonly string[],
): Promise<void> {
  const wanted = sql`SELECT id FROM items WHERE external_id = ANY(${externalIds}::text[])`;
  await database.$executeRaw(
    sql`DELETE FROM scenario_items WHERE scenario_id = ${scenarioId} AND item_id NOT IN (${wanted})`,
  );
  await database.$executeRaw(sql`
    INSERT INTO scenario_items (scenario_id, item_id) SELECT ${scenarioId}::int, id FROM (${wanted}) AS wanted ORDER BY id
    ON CONFLICT DO NOTHING`);
}
