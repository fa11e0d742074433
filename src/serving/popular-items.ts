import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { Place } from '../retrieval/best-rows.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import { listOutdated } from './cursors.ts';
import { type ListConditions, markAllowed } from './list-conditions.ts';
import { comesAfter, type ScoredRow, topRows } from './top-rows.ts';

/** A popular item, by row of the catalog; `score` is its number of positives, see `ItemPopularity`. */
export interface PopularItem extends ScoredRow {
  /** The number of all its interactions. */
  readonly interactions: number;
}

/** What lists of popular items are made with; a `ServingPlatform` has it. */
export interface PopularItemsReader {
  readonly catalog: LiveCatalog;
  readonly connections: Connections;
}

/**
 * Maximum number of interactions since the moment of a list. A page reads those of its items: of 300,000, that takes up
 * to a second, and of a million up to 20 s.
 */
const maxLater = 300_000n;

/**
 * Returns the `limit` most popular items that pass the conditions and come after `after`. Interactions after
 * `watermark` do not count. If two items are equally popular, the older one comes first.
 *
 * Throws INVALID_CURSOR if more than 300,000 interactions have been recorded since.
 */
export async function listByPopularity(
  platform: PopularItemsReader,
  conditions: ListConditions,
  watermark: bigint,
  limit: number,
  after?: Place,
): Promise<readonly PopularItem[]> {
  const { catalog } = platform;
  // The list began on another server, which has read more.
  if (catalog.watermark < watermark) await catalog.catchUp();
  if (catalog.watermark - watermark > maxLater) throw listOutdated(maxLater);
  if (catalog.watermark > watermark) return listEarlier(platform, conditions, watermark, { limit, after });
  const { positives, interactions, ids } = catalog.items;
  const marks = markAllowed(catalog.items, conditions);
  return topRows(positives, ids, { marks, limit, after }).map((item) => ({
    ...item,
    interactions: interactions[item.row] as number,
  }));
}

/** How many more items than requested are looked at first, since that many can have become popular since the moment. */
const margin = 100;

/**
 * Popularity is known as of now; at the moment of the list an item had at most that many positive interactions. So the
 * currently most popular items are counted again, in growing numbers, until no other item can have come before the last
 * item found. Once is usually enough.
 *
 * An interaction gets its ID when its transaction writes it and becomes visible when the transaction ends. An
 * interaction that was being written at the moment of the list can therefore count on later pages only.
 */
async function listEarlier(
  { catalog, connections }: PopularItemsReader,
  conditions: ListConditions,
  watermark: bigint,
  { limit, after }: { readonly limit: number; readonly after: Place | undefined },
): Promise<readonly PopularItem[]> {
  const { items } = catalog;
  for (let more = margin; ; more *= 4) {
    const marks = markAllowed(items, conditions);
    const looked = (after ? countBefore(marks, items, after) : 0) + limit + more;
    const live = topRows(items.positives, items.ids, { marks, limit: looked }).map((item) => place(items, item));
    const counted = await countAt(connections, live, { from: watermark, to: catalog.watermark });
    const page = counted
      .filter(({ score, id }) => !after || comesAfter(after, score, id))
      .sort((a, b) => b.score - a.score || a.id - b.id)
      .slice(0, limit);
    const [lastLive, last] = [live.at(-1), page[limit - 1]];
    // All items that were not looked at came after the last one that was.
    if (live.length < looked || (lastLive && last && !comesAfter(lastLive, last.score, last.id))) return page;
  }
}

/** An item with its place in a list. */
interface PlacedItem extends PopularItem, Place {}

function place({ ids, interactions }: LiveCatalog['items'], { row, score }: ScoredRow): PlacedItem {
  return { row, score, id: ids[row] as number, interactions: interactions[row] as number };
}

function countBefore(marks: Uint8Array, { positives, ids }: LiveCatalog['items'], place: Place): number {
  let count = 0;
  for (let row = 0; row < marks.length; row++)
    if (marks[row] === 1 && !comesAfter(place, positives[row] as number, ids[row] as number)) count++;
  return count;
}

const interactionsBetween = prepared<{ itemId: number; positives: number; interactions: number }>(
  'interactions of items between',
  `WITH recent AS MATERIALIZED (
     SELECT user_id, item_id, type, value FROM interactions
     WHERE id > $2::bigint AND id <= $3::bigint AND item_id = ANY($1::int[])
   )
   SELECT item_id AS "itemId", sum(interactions)::int AS interactions, sum(CASE
     WHEN NOT counts_once THEN positives
     WHEN positives = 0 OR EXISTS (
       SELECT FROM interactions AS earlier
       WHERE user_id = later.user_id AND item_id = later.item_id AND type = later.type AND id <= $2::bigint
         AND (later.positive_from IS NULL OR value >= later.positive_from)
     ) THEN 0
     ELSE 1
   END)::int AS positives
   FROM (
     SELECT user_id, item_id, type, counts_once, positive_from, count(*) AS interactions,
       count(*) FILTER (WHERE opinion(type, polarity, weight, positive_from, value) > 0) AS positives
     FROM recent JOIN interaction_types ON name = type
     GROUP BY user_id, item_id, type, counts_once, positive_from
   ) AS later GROUP BY item_id`,
);

/** Returns items without the interactions that they got between two watermarks. */
async function countAt(
  connections: Connections,
  live: readonly PlacedItem[],
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Promise<PlacedItem[]> {
  const rows = await interactionsBetween(connections, [live.map(({ id }) => id), String(from), String(to)]);
  const later = new Map(rows.map((row) => [row.itemId, row]));
  return live.map((item) => {
    const { positives = 0, interactions = 0 } = later.get(item.id) ?? {};
    return { ...item, score: item.score - positives, interactions: item.interactions - interactions };
  });
}
