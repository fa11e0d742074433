import { notFound, throwErrors } from '../common/errors.ts';
import { sql, type TransactionalDatabase } from '../store/database.ts';
import { yielding } from '../store/yielding.ts';
import { checkBatchSize, idListErrors } from './check-batch.ts';
import { scenariosByExternalId } from './scenarios.ts';

/**
 * Deletes scenarios by external ID with their pools: all or none. Interactions in them stay, without a scenario. Lists
 * of these scenarios end.
 *
 * Throws BAD_USER_INPUT for every invalid ID, SCENARIO_NOT_FOUND for every unknown scenario, and UNAVAILABLE if
 * interactions in the scenarios are recorded without a pause.
 */
export async function deleteScenarios(database: TransactionalDatabase, scenarios: readonly string[]): Promise<void> {
  checkBatchSize(['scenarios'], scenarios);
  throwErrors(idListErrors(['scenarios'], scenarios));
  const distinct = [...new Set(scenarios)];
  const isDone = await yielding(database, async (transaction) => {
    const found = await transaction.$queryRaw<unknown[]>(sql`
      SELECT id FROM scenarios WHERE external_id = ANY(${distinct}::text[]) ORDER BY external_id FOR UPDATE`);
    if (found.length < distinct.length) return false;
    await transaction.scenario.deleteMany({ where: { externalId: { in: distinct } } });
    return true;
  });
  if (isDone) return;
  const known = await scenariosByExternalId(database, scenarios);
  throwErrors(scenarios.flatMap((id, index) => (known[index] ? [] : [notFound('scenario', id, ['scenarios', index])])));
}
