import { inScenario, type ListConditions } from '../serving/list-conditions.ts';
import { type Database, sql } from '../store/database.ts';

/** What keeps items from lists. */
export const obstacles = ['UNAVAILABLE', 'NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'] as const;
export type Obstacle = (typeof obstacles)[number];

/** All that keeps an item from a list, in the order of `obstacles`; nothing if it passes. */
export async function itemObstacles(
  database: Database,
  { available, scenarioId, notSeen, notExcluded, features }: ListConditions,
  itemId: number,
): Promise<Obstacle[]> {
  // Like a list, which takes no item of which a condition is unknown.
  const [row] = await database.$queryRaw<Record<Obstacle, boolean>[]>(sql`
    SELECT (${available}) IS NOT TRUE AS "UNAVAILABLE", (${inScenario(scenarioId)}) IS NOT TRUE AS "NOT_IN_SCENARIO",
      (${notSeen}) IS NOT TRUE AS "SEEN", (${notExcluded}) IS NOT TRUE AS "EXCLUDED",
      (${features}) IS NOT TRUE AS "FEATURES"
    FROM items WHERE id = ${itemId}`);
  return obstacles.filter((obstacle) => row?.[obstacle]);
}
