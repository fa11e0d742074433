import { externalIdFault } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Sql, sql } from '../store/database.ts';
import type { ListChoice } from './list-arguments.ts';
import type { ListConditions } from './list-conditions.ts';
import type { Recipient } from './recipient.ts';
import type { ServingSession } from './serving-session.ts';

export const maxExcluded = 1000;

/** Throws BAD_USER_INPUT for a filter that does not fit the declared features, and for more than 1000 exclusions. */
export async function makeListConditions(
  session: ServingSession,
  { filter, exclude, includeSeen = false }: ListChoice,
  { scenarioId, recipient }: { readonly scenarioId: number | null; readonly recipient?: Recipient },
): Promise<ListConditions> {
  checkExcluded(exclude ?? []);
  const { onFeatures, onAvailability } = await session.itemFilter(filter ?? {});
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
