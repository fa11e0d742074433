import { type Database, type Item, type Scenario, sql } from '../store/database.ts';
import { groupedInOrder, inOrderOf } from '../store/in-order.ts';
import { checkExternalId } from './external-id.ts';
import { itemColumns } from './items.ts';

/** The columns of `scenarios`, with the names of a `Scenario`. */
export const scenarioColumns = sql`scenarios.id, scenarios.external_id AS "externalId", scenarios.title,
  scenarios.rule, scenarios.created_at AS "createdAt"`;

export async function findScenario(database: Database, externalId: string): Promise<Scenario | null> {
  checkExternalId('externalId', externalId);
  return database.scenario.findUnique({ where: { externalId } });
}

/** Returns at most `limit` scenarios after `afterId`, ordered by internal ID. */
export async function listScenarios(database: Database, limit: number, afterId: number): Promise<Scenario[]> {
  return database.scenario.findMany({ where: { id: { gt: afterId } }, orderBy: { id: 'asc' }, take: limit });
}

/**
 * Returns scenarios by external ID, in the given order; `null` for an ID that no scenario has. The IDs must be valid.
 */
export async function scenariosByExternalId(
  database: Database,
  externalIds: readonly string[],
): Promise<(Scenario | null)[]> {
  const rows = await database.scenario.findMany({ where: { externalId: { in: [...externalIds] } } });
  return inOrderOf(externalIds, rows, ({ externalId }) => externalId);
}

/** A page of each of several pools. */
export interface PoolPage {
  readonly limit: number;
  /** Only items with larger internal IDs. */
  readonly afterItemId: number;
}

/** Returns the same page of each scenario's pool, ordered by internal ID, with one statement for all scenarios. */
export async function itemsOfScenarios(
  database: Database,
  { limit, afterItemId }: PoolPage,
  scenarioIds: readonly number[],
): Promise<Item[][]> {
  const rows = await database.$queryRaw<(Item & { scenarioId: number })[]>(sql`
    SELECT parents.id AS "scenarioId", ${itemColumns} FROM unnest(${scenarioIds}::int[]) AS parents(id)
    CROSS JOIN LATERAL (
      SELECT item_id FROM scenario_items WHERE scenario_id = parents.id AND item_id > ${afterItemId}
      ORDER BY item_id LIMIT ${limit}
    ) AS pool JOIN items ON items.id = pool.item_id ORDER BY items.id`);
  return groupedInOrder(scenarioIds, rows, ({ scenarioId }) => scenarioId);
}

/** Returns the first `limit` scenarios of each item, ordered by internal ID, with one statement for all items. */
export async function scenariosOfItems(
  database: Database,
  limit: number,
  itemIds: readonly number[],
): Promise<Scenario[][]> {
  const rows = await database.$queryRaw<(Scenario & { itemId: number })[]>(sql`
    SELECT parents.id AS "itemId", ${scenarioColumns} FROM unnest(${itemIds}::int[]) AS parents(id)
    CROSS JOIN LATERAL (
      SELECT scenario_id FROM scenario_items WHERE item_id = parents.id ORDER BY scenario_id LIMIT ${limit}
    ) AS pools JOIN scenarios ON scenarios.id = pools.scenario_id ORDER BY scenarios.id`);
  return groupedInOrder(itemIds, rows, ({ itemId }) => itemId);
}

/** Returns the numbers of items in scenarios' pools, in the order of `ids`. */
export async function poolSizes(database: Database, scenarioIds: readonly number[]): Promise<number[]> {
  const rows = await database.scenarioItem.groupBy({
    by: ['scenarioId'],
    where: { scenarioId: { in: [...scenarioIds] } },
    _count: true,
  });
  return inOrderOf(scenarioIds, rows, ({ scenarioId }) => scenarioId).map((row) => row?._count ?? 0);
}
