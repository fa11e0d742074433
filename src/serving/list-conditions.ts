import { checkItemFilter, type ItemFilter } from '../catalog/item-filter.ts';
import { WarmstartError } from '../common/errors.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { RecommendationTarget } from './recipient.ts';

/** What the client wants to leave out of a list. */
export interface ListChoice {
  readonly filter?: ItemFilter | null | undefined;
  /** External IDs of items. */
  readonly exclude?: readonly string[] | null | undefined;
  /** Whether nothing is left out because the recipient has seen it, whatever `seenBy` is. */
  readonly includeSeen?: boolean | undefined;
  /** The types of the recipient's interactions that hide an item. Default: see `defaultSeenBy`. */
  readonly seenBy?: readonly string[] | null | undefined;
}

/** The client's arguments that define a list. */
export interface ListArguments extends ListChoice {
  readonly for: RecommendationTarget;
  /** The external ID of a scenario. The list then has only items of its pool; without a scenario, all items. */
  readonly scenario?: string | null | undefined;
}

export const maxExcluded = 1000;

/** Everything that can keep an item out of a list. Items are rows of the catalog. */
export interface ListConditions {
  /** The rows of a scenario's pool that the items must be in; `null` for all items. */
  readonly pool: Int32Array | null;
  readonly includeUnavailable: boolean;
  /** 1 for each row that passes the filter by features; `null` without one. */
  readonly features: Uint8Array | null;
  readonly excluded: ReadonlySet<number>;
  /** What the recipient has seen, see `seenRows`. */
  readonly seen: ReadonlySet<number>;
  /** Items with a larger internal ID were stored after the list had begun. */
  readonly newestItemId: number;
}

/**
 * Returns the conditions of a list, without what its recipient has seen. Throws BAD_USER_INPUT if the filter
 * contradicts the declared features, or if more than 1000 items are excluded.
 */
export async function makeListConditions(
  { items, fields, filters }: LiveCatalog,
  { filter, exclude }: ListChoice,
  { pool, newestItemId }: Pick<ListConditions, 'pool' | 'newestItemId'>,
): Promise<ListConditions> {
  checkExcluded(exclude ?? []);
  return {
    pool,
    includeUnavailable: filter?.includeUnavailable ?? false,
    features: await filters.of(checkItemFilter(fields, filter ?? {})),
    excluded: new Set((exclude ?? []).flatMap((id) => items.rowOfExternalId(id) ?? [])),
    seen: new Set(),
    newestItemId,
  };
}

function checkExcluded(exclude: readonly string[]): void {
  if (exclude.length <= maxExcluded) return;
  throw new WarmstartError('BAD_USER_INPUT', `exclude: expected at most ${maxExcluded} ids, got ${exclude.length}`, {
    field: ['exclude'],
  });
}

/** Returns a mark for each row of the catalog: 1 if the item passes all conditions. */
export function markAllowed(items: ItemTable, conditions: ListConditions): Uint8Array {
  const { pool, excluded, seen, features, newestItemId } = conditions;
  const open = conditions.includeUnavailable ? items.exists : items.available;
  const marks = pool ? marksOf(pool, open, items.rows) : open.slice(0, items.rows);
  for (const row of excluded) marks[row] = 0;
  for (const row of seen) marks[row] = 0;
  if (features) for (let row = 0; row < marks.length; row++) if (features[row] !== 1) marks[row] = 0;
  if (items.newestId > newestItemId)
    for (let row = 0; row < marks.length; row++) if ((items.ids[row] as number) > newestItemId) marks[row] = 0;
  return marks;
}

function marksOf(pool: Int32Array, open: Uint8Array, rows: number): Uint8Array {
  const marks = new Uint8Array(rows);
  for (const row of pool) marks[row] = open[row] as number;
  return marks;
}

/** Returns the rows with a mark. */
export function markedRows(marks: Uint8Array): Int32Array {
  let count = 0;
  for (let row = 0; row < marks.length; row++) count += marks[row] as number;
  const rows = new Int32Array(count);
  let next = 0;
  for (let row = 0; row < marks.length; row++) if (marks[row] === 1) rows[next++] = row;
  return rows;
}

/** The reasons why an item is filtered out of a list. */
export const obstacles = ['UNAVAILABLE', 'NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'] as const;
export type Obstacle = (typeof obstacles)[number];

/** Returns all reasons why an item is filtered out of a list, in the order of `obstacles`. */
export function obstaclesOf(items: ItemTable, conditions: ListConditions, row: number): Obstacle[] {
  const { pool, excluded, seen, features, includeUnavailable } = conditions;
  const keepsOut: Record<Obstacle, boolean> = {
    UNAVAILABLE: !includeUnavailable && items.available[row] === 0,
    NOT_IN_SCENARIO: pool !== null && !pool.includes(row),
    SEEN: seen.has(row),
    EXCLUDED: excluded.has(row),
    FEATURES: features !== null && features[row] !== 1,
  };
  return obstacles.filter((obstacle) => keepsOut[obstacle]);
}
