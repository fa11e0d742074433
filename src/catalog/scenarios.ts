import type { Database, Item, Scenario } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import { checkExternalId } from './external-id.ts';

export async function findScenario(database: Database, externalId: string): Promise<Scenario | null> {
  checkExternalId('scenario id', externalId);
  return database.scenario.findUnique({ where: { externalId } });
}

/** The items of a scenario's pool after `afterItemId`, at most `limit`, by internal id. */
export async function scenarioItems(
  database: Database,
  scenarioId: number,
  limit: number,
  afterItemId: number,
): Promise<Item[]> {
  const rows = await database.scenarioItem.findMany({
    where: { scenarioId, itemId: { gt: afterItemId } },
    orderBy: { itemId: 'asc' },
    take: limit,
    include: { item: true },
  });
  return rows.map((row) => row.item);
}

/** Scenarios by internal id, in the order asked for; `null` where there is none. */
export async function scenariosById(
  database: Database,
  ids: readonly number[],
): Promise<(Scenario | null)[]> {
  return inOrder(ids, await database.scenario.findMany({ where: { id: { in: [...ids] } } }));
}
