import { interactionCount, itemsWithPopularity, positiveCount } from '../catalog/items.ts';
import { type Database, largestId, sql } from '../store/database.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { allShared, inScenario, type ListConditions, type SharedConditions } from './list-conditions.ts';

/** The candidates of a list, ordered by ID. */
export interface Candidates extends ItemRevisions {
  /** Candidates that are among the newest items but not among the most popular ones. */
  readonly newest: readonly number[];
  /** Candidates without interactions. */
  readonly cold: readonly number[];
  /** The bounds within which later pages find these candidates again. */
  readonly bounds: CandidateBounds;
}

/**
 * Describes the candidates of a list's first page in a way that stays valid later. New items have higher IDs, and the
 * number of positive interactions only grows, so all candidates are within these bounds later too, with few other
 * items.
 */
export interface CandidateBounds {
  readonly newestItemId: number;
  /** The ends of the most popular and the newest items; `null` if all items were candidates. */
  readonly ends: CandidateEnds | null;
}

export interface CandidateEnds {
  /** The least popular item of the most popular items. */
  readonly positives: number;
  readonly itemId: number;
  /** The oldest item of the newest items. */
  readonly oldestItemId: number;
}

export interface CandidateSearch {
  readonly bounds: CandidateBounds;
  /** Maximum number of candidates of a list's first page. */
  readonly limit: number;
  /** Whether this is a later page, whose bounds come from the first page. */
  readonly laterPage: boolean;
}

/**
 * If there are more items than the limit, this share of the candidates are the newest items, the rest the most popular.
 */
export const freshShare = 0.1;
/**
 * Items that became popular later are within the first page's bounds too. A later page has at most this many times the
 * candidates of the first page.
 */
export const maxLaterPageGrowth = 2;

/**
 * Finds the items to score: all that pass the conditions, or the most popular and the newest of them if there are more
 * than the limit.
 */
export async function findCandidates(
  database: Database,
  { scenarioId, ...shared }: ListConditions,
  search: CandidateSearch,
): Promise<Candidates> {
  const [found] = await findCandidatesOfLists(database, [scenarioId], shared, search);
  return found as Candidates;
}

/**
 * Finds the candidates of several lists that differ only in their scenario, with one statement. `null` stands for all
 * items and must be the only entry.
 */
export async function findCandidatesOfLists(
  database: Database,
  scenarioIds: readonly (number | null)[],
  conditions: SharedConditions,
  search: CandidateSearch,
): Promise<Candidates[]> {
  const { newestItemId, ends } = search.bounds;
  const max = search.limit * (search.laterPage ? maxLaterPageGrowth : 1);
  const fresh = Math.ceil(max * freshShare);
  const pool = scenarioIds.includes(null) ? null : sql`list.scenario_id`;
  // A scenario's pool is read once. A whole catalog would be written to disk, so its newest items are found by ID
  // instead.
  const kept = pool ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`;
  const isPopular = ends ? sql`(-positives, id) <= (-${ends.positives}::int, ${ends.itemId}::int)` : sql`TRUE`;
  // If the popular items do not reach their limit, they are all items, and there are no others to look for.
  const isFresh = ends ? sql`id >= ${ends.oldestItemId}` : sql`(SELECT count(*) FROM popular) = ${max - fresh}::int`;
  // Thousands of numbers are parsed several times as fast as JSON than as PostgreSQL's arrays.
  const rows = await database.$queryRaw<CandidatesRow[]>(sql`
    SELECT found.* FROM unnest(${[...scenarioIds]}::int[]) WITH ORDINALITY AS list (scenario_id, place)
    CROSS JOIN LATERAL (
      WITH open_items AS ${kept} (
        SELECT items.id, revision, ${positiveCount} AS positives, ${interactionCount} AS interactions
        FROM ${itemsWithPopularity}
        WHERE items.id <= ${newestItemId} AND ${inScenario(pool)} AND ${allShared(conditions)}
      ),
      popular AS MATERIALIZED (
        SELECT * FROM open_items WHERE ${isPopular} ORDER BY positives DESC, id LIMIT ${max - fresh}
      ),
      newest AS MATERIALIZED (
        SELECT * FROM open_items WHERE id NOT IN (SELECT id FROM popular) AND ${isFresh} ORDER BY id DESC LIMIT ${fresh}
      ),
      candidates AS (SELECT *, TRUE AS popular FROM popular UNION ALL SELECT *, FALSE FROM newest),
      last AS (SELECT positives, id FROM popular ORDER BY positives, id DESC LIMIT 1)
      SELECT to_json(coalesce(array_agg(id), '{}')) AS ids, to_json(coalesce(array_agg(revision), '{}')) AS revisions,
        to_json(coalesce(array_agg(id) FILTER (WHERE NOT popular), '{}')) AS newest,
        to_json(coalesce(array_agg(id) FILTER (WHERE interactions = 0), '{}')) AS cold,
        (SELECT positives FROM last) AS "lastPositives", (SELECT id FROM last) AS "lastId"
      FROM (SELECT * FROM candidates ORDER BY id) AS ordered
    ) AS found ORDER BY place`);
  return rows.map((row) => withBounds(row, search));
}

function withBounds(
  { lastPositives, lastId, ...found }: CandidatesRow,
  { bounds, limit, laterPage }: CandidateSearch,
): Candidates {
  if (laterPage) return { ...found, bounds };
  const { newestItemId } = bounds;
  // Fewer candidates than the limit are all items.
  if (found.ids.length < limit) return { ...found, bounds: { newestItemId, ends: null } };
  const last = { positives: lastPositives ?? largestId.integer, itemId: lastId ?? 0 };
  const oldestItemId = found.newest[0] ?? largestId.integer;
  return { ...found, bounds: { newestItemId, ends: { ...last, oldestItemId } } };
}

interface CandidatesRow extends Omit<Candidates, 'bounds'> {
  /**
   * The positive interactions of the least popular of the most popular items; `null` if the limit only leaves room for
   * the newest.
   */
  readonly lastPositives: number | null;
  readonly lastId: number | null;
}
