import { type Sql, sql } from '../store/database.ts';

/** What can keep an item from a list, and the conditions on rows of `items` under which it does not. */
export interface ListConditions extends SharedConditions {
  /** Of whose pool the items are; `null` for all items. */
  readonly scenarioId: number | null;
}

/** Those that the lists of several scenarios may have in common. */
export interface SharedConditions {
  readonly available: Sql;
  readonly features: Sql;
  readonly notExcluded: Sql;
  readonly notSeen: Sql;
}

/** Under which conditions every available item is in the list. */
export const anyAvailable: ListConditions = {
  scenarioId: null,
  available: sql`items.available`,
  features: sql`TRUE`,
  notExcluded: sql`TRUE`,
  notSeen: sql`TRUE`,
};

/** All of them at once. */
export function allOf({ scenarioId, ...shared }: ListConditions): Sql {
  return sql`${inScenario(scenarioId)} AND ${allShared(shared)}`;
}

export function allShared({ available, features, notExcluded, notSeen }: SharedConditions): Sql {
  return sql`${available} AND ${features} AND ${notExcluded} AND ${notSeen}`;
}

/** The condition of a scenario, by its id or by the column that has it; `null` for all items. */
export function inScenario(scenarioId: number | Sql | null): Sql {
  if (scenarioId === null) return sql`TRUE`;
  return sql`items.id IN (SELECT item_id FROM scenario_items WHERE scenario_id = ${scenarioId})`;
}
