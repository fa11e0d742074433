import { externalIdFault } from '../catalog/external-id.ts';
import { WarmstartError } from '../errors.ts';
import { type Sql, sql } from '../store/database.ts';
import type { ListChoice } from './list-arguments.ts';
import type { Recipient } from './recipient.ts';
import type { ServingSession } from './serving-session.ts';

/** What can keep an item from a list, and the conditions on rows of `items` under which it does not. */
export interface ListConditions {
  readonly available: Sql;
  readonly inScenario: Sql;
  readonly features: Sql;
  readonly notExcluded: Sql;
  readonly notSeen: Sql;
}

export const mostExcluded = 1000;

/** Under which conditions every available item is in the list. */
export const anyAvailable: ListConditions = {
  available: sql`items.available`,
  inScenario: sql`TRUE`,
  features: sql`TRUE`,
  notExcluded: sql`TRUE`,
  notSeen: sql`TRUE`,
};

/** Throws BAD_USER_INPUT for a filter that does not fit the declared features, and for more than 1000 exclusions. */
export async function listConditions(
  session: ServingSession,
  { filter, exclude, includeSeen = false }: ListChoice,
  { scenarioId, recipient }: { readonly scenarioId: number | null; readonly recipient?: Recipient },
): Promise<ListConditions> {
  checkExcluded(exclude ?? []);
  const { onFeatures, onAvailability } = await session.itemFilter(filter ?? {});
  return {
    available: onAvailability,
    inScenario:
      scenarioId === null
        ? sql`TRUE`
        : sql`items.id IN (SELECT item_id FROM scenario_items WHERE scenario_id = ${scenarioId})`,
    features: onFeatures,
    notExcluded: notExcluded(exclude ?? []),
    notSeen: includeSeen || !recipient ? sql`TRUE` : sql`items.id NOT IN (${recipient.seen})`,
  };
}

/** All of them at once. */
export function allOf({ available, inScenario, features, notExcluded, notSeen }: ListConditions): Sql {
  return sql`${available} AND ${inScenario} AND ${features} AND ${notExcluded} AND ${notSeen}`;
}

function checkExcluded(exclude: readonly string[]): void {
  if (exclude.length <= mostExcluded) return;
  throw new WarmstartError(
    'BAD_USER_INPUT',
    `exclude: expected at most ${mostExcluded} ids, got ${exclude.length}`,
    { field: ['exclude'] },
  );
}

function notExcluded(exclude: readonly string[]): Sql {
  // An id that could not be stored leaves out nothing, and PostgreSQL would refuse some of them.
  const ids = exclude.filter((id) => externalIdFault(id) === undefined);
  if (ids.length === 0) return sql`TRUE`;
  return sql`items.id NOT IN (SELECT id FROM items WHERE external_id = ANY(${ids}))`;
}
