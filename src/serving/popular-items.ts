import { type Database, type Sql, sql } from '../store/database.ts';
import { allOf, type ListConditions } from './list-conditions.ts';

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
 * The items that pass by popularity as of a moment, those after `after` in that order; the older one first where it is the same.
 *
 * Popularity is stored as of now, and an item had at most as many interactions at the moment. So the most popular ones now are
 * looked at until none of the others can have been before the last of those found; mostly once.
 *
 * Interaction ids are given when a transaction writes and seen when it ends: what was under way at the moment itself may
 * count on later pages alone.
 */
export async function findPopularItems(
  database: Database,
  conditions: ListConditions,
  moment: PopularityMoment,
  limit: number,
  after?: PopularItem,
): Promise<PopularItem[]> {
  for (let beyond = limit + margin; ; beyond *= 2) {
    const search = { conditions: allOf(conditions), moment, limit, after, beyond };
    const { ids, scores, lookedAt, all } = await lookAtMostPopular(database, search);
    const items = ids.map((itemId, index) => ({ itemId, score: scores[index] as number }));
    const last = items[limit - 1];
    if (all || (last && lookedAt && !isBefore(lookedAt, last))) return items;
  }
}

/** Whether one item stands before another one. */
function isBefore(a: PopularItem, b: PopularItem): boolean {
  return a.score > b.score || (a.score === b.score && a.itemId < b.itemId);
}

interface PopularitySearch {
  readonly conditions: Sql;
  readonly moment: PopularityMoment;
  readonly limit: number;
  readonly after: PopularItem | undefined;
  /** How many items are looked at beyond those that stand now where earlier pages were. */
  readonly beyond: number;
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

async function lookAtMostPopular(
  database: Database,
  { conditions, moment, limit, after, beyond }: PopularitySearch,
): Promise<PopularityRow> {
  const { newestItemId, watermark } = moment;
  const { score, itemId } = after ?? { score: Number.MAX_SAFE_INTEGER, itemId: 0 };
  const place = sql`(-${score}::float8, ${itemId}::int)`;
  const [row] = await database.$queryRaw<PopularityRow[]>(sql`
    WITH open_items AS MATERIALIZED (
      SELECT items.id, coalesce(interactions, 0) AS live
      FROM items LEFT JOIN item_popularity ON item_id = items.id
      WHERE items.id <= ${newestItemId} AND ${conditions}
    ),
    looked_at AS MATERIALIZED (
      SELECT * FROM open_items ORDER BY live DESC, id
      LIMIT ${beyond} + (SELECT count(*) FROM open_items WHERE (-live::float8, id) <= ${place})
    ),
    counted AS MATERIALIZED (
      SELECT id, live - (
        SELECT count(*) FROM interactions WHERE item_id = looked_at.id AND interactions.id > ${watermark}
      )::int AS score FROM looked_at
    ),
    page AS (
      SELECT * FROM counted WHERE (-score::float8, id) > ${place} ORDER BY score DESC, id LIMIT ${limit}
    )
    SELECT coalesce(array_agg(id ORDER BY score DESC, id), '{}') AS ids,
      coalesce(array_agg(score ORDER BY score DESC, id), '{}') AS scores,
      (SELECT json_build_object('itemId', id, 'score', live) FROM looked_at ORDER BY live, id DESC LIMIT 1) AS "lookedAt",
      (SELECT count(*) FROM looked_at) = (SELECT count(*) FROM open_items) AS all
    FROM page`);
  return row as PopularityRow;
}
