import { type Database, sql } from '../store/database.ts';
import { allShared, inScenario, type ListConditions, type SharedConditions } from './list-conditions.ts';
import type { Batches } from './shared-reads.ts';

/** A popular item; `score` is how many interactions it has. */
export interface PopularItem {
  readonly itemId: number;
  readonly score: number;
}

/** As of when a list of popular items is: newer items are not in it, and later interactions do not count. */
export interface PopularityMoment {
  readonly newestItemId: number;
  readonly watermark: bigint;
}

/** How many items more than are asked for are looked at first: so many may have become popular since the moment. */
const margin = 100;

/**
 * The first `limit` items that pass by popularity as of a moment, those after `after` in that order; the older one first where it is
 * the same. Lists of one session that differ in their scenarios and lengths alone, and are asked for together, take one statement.
 */
export function listByPopularity(
  { platform, popularItems }: PopularItemsReader,
  { scenarioId, ...conditions }: ListConditions,
  { newestItemId, watermark }: PopularityMoment,
  limit: number,
  after?: PopularItem,
): Promise<readonly PopularItem[]> {
  const search = {
    conditions,
    moment: { newestItemId, watermark },
    after: after && { itemId: after.itemId, score: after.score },
  };
  return popularItems.load([scenarioId === null, search], { scenarioId, limit }, (lists) =>
    findPopularItems(platform.database, lists, search),
  );
}

/** What lists of popular items are read with; a `ServingSession` has it. */
export interface PopularItemsReader {
  readonly platform: { readonly database: Database };
  readonly popularItems: Batches<PopularList, readonly PopularItem[]>;
}

/** What lists by popularity have in common. */
interface PopularitySearch {
  readonly conditions: SharedConditions;
  readonly moment: PopularityMoment;
  readonly after: PopularItem | undefined;
}

export interface PopularList {
  /** `null`, for all items, stands by itself. */
  readonly scenarioId: number | null;
  readonly limit: number;
}

/**
 * Popularity is stored as of now, and an item had at most as many interactions at the moment. So the most popular ones now are
 * looked at until none of the others can have been before the last of those found; mostly once.
 *
 * Interaction ids are given when a transaction writes and seen when it ends: what was under way at the moment itself may
 * count on later pages alone.
 */
async function findPopularItems(
  database: Database,
  lists: readonly PopularList[],
  search: PopularitySearch,
): Promise<PopularItem[][]> {
  const found = lists.map((): PopularItem[] => []);
  let open = [...lists.keys()];
  for (let more = margin; open.length > 0; more *= 4) {
    const looked = open.map((index) => lists[index] as PopularList);
    const rows = await lookAtMostPopular(database, looked, search, more);
    for (const [row, index] of open.entries()) found[index] = itemsOf(rows[row] as PopularityRow);
    open = open.filter((index, row) => !isWhole(rows[row] as PopularityRow, lists[index] as PopularList));
  }
  return found;
}

function itemsOf({ ids, scores }: PopularityRow): PopularItem[] {
  return ids.map((itemId, index) => ({ itemId, score: scores[index] as number }));
}

/** Whether none of the items that were not looked at can stand among those found. */
function isWhole(row: PopularityRow, { limit }: PopularList): boolean {
  const last = itemsOf(row)[limit - 1];
  return row.all || (last !== undefined && row.lookedAt !== null && !isBefore(row.lookedAt, last));
}

/** Whether one item stands before another one. */
function isBefore(a: PopularItem, b: PopularItem): boolean {
  return a.score > b.score || (a.score === b.score && a.itemId < b.itemId);
}

interface PopularityRow {
  readonly ids: readonly number[];
  /** As of the moment. */
  readonly scores: readonly number[];
  /** The least popular item now of those that were looked at; the others stood behind it at the moment, too. */
  readonly lookedAt: PopularItem | null;
  /** Whether there are no others. */
  readonly all: boolean;
}

/** Beyond those that stand now where earlier pages were, `more` items than the lists are long are looked at. */
async function lookAtMostPopular(
  database: Database,
  lists: readonly PopularList[],
  { conditions, moment, after }: PopularitySearch,
  more: number,
): Promise<PopularityRow[]> {
  const scenarioIds = lists.map(({ scenarioId }) => scenarioId);
  const limits = lists.map(({ limit }) => limit);
  const pool = scenarioIds.includes(null) ? null : sql`list.scenario_id`;
  const { newestItemId, watermark } = moment;
  const { score, itemId } = after ?? { score: Number.MAX_SAFE_INTEGER, itemId: 0 };
  const place = sql`(-${score}::float8, ${itemId}::int)`;
  return database.$queryRaw<PopularityRow[]>(sql`
    SELECT found.*
    FROM unnest(${scenarioIds}::int[], ${limits}::int[]) WITH ORDINALITY AS list (scenario_id, most, place)
    CROSS JOIN LATERAL (
      WITH open_items AS MATERIALIZED (
        SELECT items.id, coalesce(interactions, 0) AS live
        FROM items LEFT JOIN item_popularity ON item_id = items.id
        WHERE items.id <= ${newestItemId} AND ${inScenario(pool)} AND ${allShared(conditions)}
      ),
      looked_at AS MATERIALIZED (
        SELECT * FROM open_items ORDER BY live DESC, id
        LIMIT list.most + ${more} + (SELECT count(*) FROM open_items WHERE (-live::float8, id) <= ${place})
      ),
      counted AS MATERIALIZED (
        SELECT id, live - (
          SELECT count(*) FROM interactions WHERE item_id = looked_at.id AND interactions.id > ${watermark}
        )::int AS score FROM looked_at
      ),
      page AS (
        SELECT * FROM counted WHERE (-score::float8, id) > ${place} ORDER BY score DESC, id LIMIT list.most
      )
      SELECT coalesce(array_agg(id ORDER BY score DESC, id), '{}') AS ids,
        coalesce(array_agg(score ORDER BY score DESC, id), '{}') AS scores,
        (SELECT json_build_object('itemId', id, 'score', live) FROM looked_at ORDER BY live, id DESC LIMIT 1) AS "lookedAt",
        (SELECT count(*) FROM looked_at) = (SELECT count(*) FROM open_items) AS all
      FROM page
    ) AS found ORDER BY list.place`);
}
