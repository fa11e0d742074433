import { isCountedPositive } from '../catalog/interaction-value.ts';
import { interactionCount, itemsWithPopularity, positiveCount } from '../catalog/items.ts';
import { type Database, sql } from '../store/database.ts';
import { allShared, inScenario, type ListConditions, type SharedConditions } from './list-conditions.ts';
import type { Batches } from './shared-reads.ts';

/** A popular item; `score` is its number of positive interactions. */
export interface PopularItem extends PopularityPlace {
  /** The number of all its interactions. */
  readonly interactions: number;
}

/** A place in a list of popular items. */
export interface PopularityPlace {
  readonly itemId: number;
  readonly score: number;
}

/** The moment of a list of popular items. Newer items are not in the list, and later interactions do not count. */
export interface PopularityMoment {
  readonly newestItemId: number;
  readonly watermark: bigint;
}

/** How many more items than requested are read first, since that many can have become popular since the moment. */
const margin = 100;

/**
 * Returns the `limit` most popular items as of a moment that pass the conditions and come after `after`. If two items
 * are equally popular, the older one comes first. Lists of one session that are requested together and differ only in
 * scenario and length are read with one statement.
 */
export function listByPopularity(
  { platform, popularItems }: PopularItemsReader,
  { scenarioId, ...conditions }: ListConditions,
  { newestItemId, watermark }: PopularityMoment,
  limit: number,
  after?: PopularityPlace,
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

/** What lists that are read together have in common. */
interface PopularitySearch {
  readonly conditions: SharedConditions;
  readonly moment: PopularityMoment;
  readonly after: PopularityPlace | undefined;
}

export interface PopularList {
  /** `null` stands for all items; such a list is read on its own. */
  readonly scenarioId: number | null;
  readonly limit: number;
}

/**
 * Popularity is stored as of now; at the moment of the list an item had at most that many positive interactions. So the
 * currently most popular items are read, in growing numbers, until no other item can have come before the last item
 * found. Once is usually enough.
 *
 * An interaction gets its ID when its transaction writes it and becomes visible when the transaction ends. An
 * interaction that was being written at the moment of the list can therefore count on later pages only.
 */
async function findPopularItems(
  database: Database,
  lists: readonly PopularList[],
  search: PopularitySearch,
): Promise<PopularItem[][]> {
  const found = lists.map((): PopularItem[] => []);
  let open = [...lists.keys()];
  for (let more = margin; open.length > 0; more *= 4) {
    const unfinished = open.map((index) => lists[index] as PopularList);
    const rows = await readMostPopular(database, unfinished, search, more);
    for (const [row, index] of open.entries()) found[index] = itemsOf(rows[row] as PopularityRow);
    open = open.filter((index, row) => !isWhole(rows[row] as PopularityRow, lists[index] as PopularList));
  }
  return found;
}

function itemsOf({ ids, scores, interactions }: PopularityRow): PopularItem[] {
  return ids.map((itemId, index) => ({
    itemId,
    score: scores[index] as number,
    interactions: interactions[index] as number,
  }));
}

/** Whether no item that was not read can belong among the items found. */
function isWhole(row: PopularityRow, { limit }: PopularList): boolean {
  const last = itemsOf(row)[limit - 1];
  return row.all || (last !== undefined && row.lastRead !== null && !isBefore(row.lastRead, last));
}

/** Whether one item comes before another one in a list. */
function isBefore(a: PopularityPlace, b: PopularityPlace): boolean {
  return a.score > b.score || (a.score === b.score && a.itemId < b.itemId);
}

interface PopularityRow {
  readonly ids: readonly number[];
  /** As of the moment of the list, like `interactions`. */
  readonly scores: readonly number[];
  readonly interactions: readonly number[];
  /** The currently least popular item of those read. The items not read came after it at the moment of the list too. */
  readonly lastRead: PopularityPlace | null;
  /** Whether all items were read. */
  readonly all: boolean;
}

/** Reads the items of earlier pages, the length of each list, and `more` items. */
async function readMostPopular(
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
    FROM unnest(${scenarioIds}::int[], ${limits}::int[]) WITH ORDINALITY AS list (scenario_id, max_items, place)
    CROSS JOIN LATERAL (
      WITH open_items AS MATERIALIZED (
        SELECT items.id, ${positiveCount} AS live, ${interactionCount} AS live_interactions
        FROM ${itemsWithPopularity}
        WHERE items.id <= ${newestItemId} AND ${inScenario(pool)} AND ${allShared(conditions)}
      ),
      read_items AS MATERIALIZED (
        SELECT * FROM open_items ORDER BY live DESC, id
        LIMIT list.max_items + ${more} + (SELECT count(*) FROM open_items WHERE (-live::float8, id) <= ${place})
      ),
      counted AS MATERIALIZED (
        SELECT id, live - later.positives AS score, live_interactions - later.interactions AS interactions
        FROM read_items CROSS JOIN LATERAL (
          SELECT (count(*) FILTER (WHERE ${isCountedPositive}))::int AS positives, count(*)::int AS interactions
          FROM interactions WHERE item_id = read_items.id AND interactions.id > ${watermark}
        ) AS later
      ),
      page AS (
        SELECT * FROM counted WHERE (-score::float8, id) > ${place} ORDER BY score DESC, id LIMIT list.max_items
      )
      SELECT coalesce(array_agg(id ORDER BY score DESC, id), '{}') AS ids,
        coalesce(array_agg(score ORDER BY score DESC, id), '{}') AS scores,
        coalesce(array_agg(interactions ORDER BY score DESC, id), '{}') AS interactions,
        (SELECT json_build_object('itemId', id, 'score', live) FROM read_items ORDER BY live, id DESC LIMIT 1) AS "lastRead",
        (SELECT count(*) FROM read_items) = (SELECT count(*) FROM open_items) AS all
      FROM page
    ) AS found ORDER BY list.place`);
}
