import { seenBy } from '../serving/candidates.ts';
import { type Database, sql } from '../store/database.ts';
import type { TaskList } from './adapted-task.ts';

/** What keeps items from lists. */
export const obstacles = ['UNAVAILABLE', 'NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'] as const;
export type Obstacle = (typeof obstacles)[number];

/** All that keeps an item from a list, in the order of `obstacles`; nothing if it passes. */
export async function itemObstacles(database: Database, list: TaskList, itemId: number): Promise<Obstacle[]> {
  const { filter, exclude = [], includeSeen = false } = list.conditions ?? {};
  const inScenario = sql`items.id IN (SELECT item_id FROM scenario_items WHERE scenario_id = ${list.scenarioId})`;
  const [row] = await database.$queryRaw<Record<Obstacle, boolean>[]>(sql`
    SELECT NOT ${filter?.onAvailability ?? sql`items.available`} AS "UNAVAILABLE",
      ${list.scenarioId === null ? sql`FALSE` : sql`NOT ${inScenario}`} AS "NOT_IN_SCENARIO",
      ${includeSeen ? sql`FALSE` : sql`items.id IN (${seenBy(list)})`} AS "SEEN",
      external_id = ANY(${[...exclude]}::text[]) AS "EXCLUDED",
      NOT (${filter?.onFeatures ?? sql`TRUE`}) AS "FEATURES"
    FROM items WHERE id = ${itemId}`);
  return obstacles.filter((obstacle) => row?.[obstacle]);
}
