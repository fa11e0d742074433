import { externalIdProblem } from '../catalog/external-id.ts';
import type { CheckedItemFilter, ItemFilter } from '../catalog/item-filter.ts';
import { WarmstartError } from '../common/errors.ts';
import { type InteractionType, type Sql, sql } from '../store/database.ts';
import type { RecommendationTarget } from './recipient.ts';

/** What the client wants to leave out of a list. */
export interface ListChoice {
  readonly filter?: ItemFilter | null | undefined;
  /** External IDs of items. */
  readonly exclude?: readonly string[] | null | undefined;
  /** Whether nothing is left out because the recipient has seen it, whatever `seenBy` is. */
  readonly includeSeen?: boolean | undefined;
  /** The types of the recipient's interactions that hide an item. Default: see `defaultSeenBy`. */
  readonly seenBy?: readonly InteractionType[] | null | undefined;
}

/** The client's arguments that define a list. */
export interface ListArguments extends ListChoice {
  readonly for: RecommendationTarget;
  /** The external ID of a scenario. The list then has only items of its pool; without a scenario, all items. */
  readonly scenario?: string | null | undefined;
}

/** Checks filters against the declared features; a `ServingSession` does. */
export interface ItemFilters {
  itemFilter(filter: ItemFilter): Promise<CheckedItemFilter>;
}

export const maxExcluded = 1000;

/**
 * Returns the SQL conditions of a list, without what its recipient has seen (see `notSeen`). Throws BAD_USER_INPUT if
 * the filter contradicts the declared features, or if more than 1000 items are excluded.
 */
export async function makeListConditions(
  filters: ItemFilters,
  { filter, exclude }: ListChoice,
  scenarioId: number | null,
): Promise<ListConditions> {
  checkExcluded(exclude ?? []);
  const { onFeatures, onAvailability } = await filters.itemFilter(filter ?? {});
  return {
    scenarioId,
    available: onAvailability,
    features: onFeatures,
    notExcluded: notExcluded(exclude ?? []),
    notSeen: sql`TRUE`,
  };
}

function checkExcluded(exclude: readonly string[]): void {
  if (exclude.length <= maxExcluded) return;
  throw new WarmstartError('BAD_USER_INPUT', `exclude: expected at most ${maxExcluded} ids, got ${exclude.length}`, {
    field: ['exclude'],
  });
}

function notExcluded(exclude: readonly string[]): Sql {
  // An ID that cannot be stored excludes nothing, and PostgreSQL would refuse some of these IDs.
  const ids = exclude.filter((id) => externalIdProblem(id) === undefined);
  if (ids.length === 0) return sql`TRUE`;
  return sql`items.id NOT IN (SELECT id FROM items WHERE external_id = ANY(${ids}))`;
}

/** Everything that can keep an item out of a list, as SQL conditions on rows of `items` that hold if it does not. */
export interface ListConditions extends SharedConditions {
  /** The scenario whose pool the items must be in; `null` for all items. */
  readonly scenarioId: number | null;
}

/** The conditions that lists of several scenarios can share. */
export interface SharedConditions {
  readonly available: Sql;
  readonly features: Sql;
  readonly notExcluded: Sql;
  readonly notSeen: Sql;
}

/** The conditions that every available item passes. */
export const anyAvailable: ListConditions = {
  scenarioId: null,
  available: sql`items.available`,
  features: sql`TRUE`,
  notExcluded: sql`TRUE`,
  notSeen: sql`TRUE`,
};

/** Returns the conjunction of all conditions. */
export function allOf({ scenarioId, ...shared }: ListConditions): Sql {
  return sql`${inScenario(scenarioId)} AND ${allShared(shared)}`;
}

export function allShared({ available, features, notExcluded, notSeen }: SharedConditions): Sql {
  return sql`${available} AND ${features} AND ${notExcluded} AND ${notSeen}`;
}

/**
 * Returns the condition that an item is in a scenario's pool, given the scenario's ID or column; `null` for all items.
 */
export function inScenario(scenarioId: number | Sql | null): Sql {
  if (scenarioId === null) return sql`TRUE`;
  return sql`items.id IN (SELECT item_id FROM scenario_items WHERE scenario_id = ${scenarioId})`;
}
