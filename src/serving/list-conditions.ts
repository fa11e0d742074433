import { externalIdFault } from '../catalog/external-id.ts';
import type { CheckedItemFilter, ItemFilter } from '../catalog/item-filter.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Sql, sql } from '../store/database.ts';
import type { Recipient, RecommendationTarget } from './recipient.ts';

/** What a list leaves out, as a client says it. */
export interface ListChoice {
  readonly filter?: ItemFilter | null | undefined;
  /** The client's ids. */
  readonly exclude?: readonly string[] | null | undefined;
  readonly includeSeen?: boolean | undefined;
}

/** Which list it is, as a client says it. */
export interface ListArguments extends ListChoice {
  readonly for: RecommendationTarget;
  /** The client's id of the scenario from whose items are recommended; from all items without. */
  readonly scenario?: string | null | undefined;
}

/** Checks filters against the declared features; a `ServingSession` does. */
export interface ItemFilters {
  itemFilter(filter: ItemFilter): Promise<CheckedItemFilter>;
}

export const maxExcluded = 1000;

/** Throws BAD_USER_INPUT for a filter that does not fit the declared features, and for more than 1000 exclusions. */
export async function makeListConditions(
  filters: ItemFilters,
  { filter, exclude, includeSeen = false }: ListChoice,
  { scenarioId, recipient }: { readonly scenarioId: number | null; readonly recipient?: Recipient },
): Promise<ListConditions> {
  checkExcluded(exclude ?? []);
  const { onFeatures, onAvailability } = await filters.itemFilter(filter ?? {});
  return {
    scenarioId,
    available: onAvailability,
    features: onFeatures,
    notExcluded: notExcluded(exclude ?? []),
    notSeen: includeSeen || !recipient ? sql`TRUE` : sql`items.id NOT IN (${recipient.seen})`,
  };
}

function checkExcluded(exclude: readonly string[]): void {
  if (exclude.length <= maxExcluded) return;
  throw new WarmstartError(
    'BAD_USER_INPUT',
    `exclude: expected at most ${maxExcluded} ids, got ${exclude.length}`,
    { field: ['exclude'] },
  );
}

function notExcluded(exclude: readonly string[]): Sql {
  // An id that could not be stored leaves out nothing, and PostgreSQL would refuse some of them.
  const ids = exclude.filter((id) => externalIdFault(id) === undefined);
  if (ids.length === 0) return sql`TRUE`;
  return sql`items.id NOT IN (SELECT id FROM items WHERE external_id = ANY(${ids}))`;
}

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
