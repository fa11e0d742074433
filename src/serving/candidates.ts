import { type Database, sql } from '../store/database.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { allShared, inScenario, type ListConditions, type SharedConditions } from './list-conditions.ts';

/** The candidates of a list, ordered by id. */
export interface Candidates extends ItemRevisions {
  /** Those that are not among the most popular, only among the newest. */
  readonly newest: readonly number[];
  /** Those with which nobody has interacted. */
  readonly unmet: readonly number[];
  /** Where the next pages find these candidates again. */
  readonly bounds: CandidateBounds;
}

/**
 * Which items were candidates when a list began, in numbers that outlast what happens meanwhile: new items have higher
 * ids, and interactions only come, so that all of them are within the bounds later, and few others.
 */
export interface CandidateBounds {
  readonly newestItemId: number;
  /** Of a catalogue larger than the limit, where the most popular and the newest ended; `null` when all were candidates. */
  readonly ends: CandidateEnds | null;
}

export interface CandidateEnds {
  /** The least popular of the most popular. */
  readonly interactions: number;
  readonly itemId: number;
  /** The oldest of the newest. */
  readonly oldestItemId: number;
}

export interface CandidateSearch {
  readonly bounds: CandidateBounds;
  /** Most candidates of a list's first page. */
  readonly limit: number;
  /** Whether the bounds are those of a first page, within which all its candidates are to be found again. */
  readonly again: boolean;
}

/** Of a catalogue larger than the limit, this share of the candidates are the newest items, the rest the most popular. */
export const freshShare = 0.1;
/** Within the bounds of a first page there may be a few more than there; here is the end even if everything became popular. */
export const maxAgain = 2;

/** Those items that pass the conditions that are worth scoring: all of them, or, of many, the most popular and the newest. */
export async function findCandidates(
  database: Database,
  { scenarioId, ...shared }: ListConditions,
  search: CandidateSearch,
): Promise<Candidates> {
  const [found] = await findCandidatesOfLists(database, [scenarioId], shared, search);
  return found as Candidates;
}

/** The same for lists that differ in their scenarios alone, in one statement; `null`, for all items, stands by itself. */
export async function findCandidatesOfLists(
  database: Database,
  scenarioIds: readonly (number | null)[],
  conditions: SharedConditions,
  search: CandidateSearch,
): Promise<Candidates[]> {
  const { newestItemId, ends } = search.bounds;
  const most = search.limit * (search.again ? maxAgain : 1);
  const fresh = Math.ceil(most * freshShare);
  const pool = scenarioIds.includes(null) ? null : sql`list.scenario_id`;
  // A pool is read once; of a whole catalogue, which would be written to disk, the newest are found by their ids.
  const kept = pool ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`;
  const isPopular = ends
    ? sql`(-interactions, id) <= (-${ends.interactions}::int, ${ends.itemId}::int)`
    : sql`TRUE`;
  // Where there is room for more popular ones, all are among them, and need not be looked through again.
  const isFresh = ends
    ? sql`id >= ${ends.oldestItemId}`
    : sql`(SELECT count(*) FROM popular) = ${most - fresh}::int`;
  const rows = await database.$queryRaw<CandidatesRow[]>(sql`
    SELECT found.* FROM unnest(${[...scenarioIds]}::int[]) WITH ORDINALITY AS list (scenario_id, place)
    CROSS JOIN LATERAL (
      WITH open_items AS ${kept} (
        SELECT items.id, revision, coalesce(interactions, 0) AS interactions
        FROM items LEFT JOIN item_popularity ON item_id = items.id
        WHERE items.id <= ${newestItemId} AND ${inScenario(pool)} AND ${allShared(conditions)}
      ),
      popular AS MATERIALIZED (
        SELECT * FROM open_items WHERE ${isPopular} ORDER BY interactions DESC, id LIMIT ${most - fresh}
      ),
      newest AS MATERIALIZED (
        SELECT * FROM open_items WHERE id NOT IN (SELECT id FROM popular) AND ${isFresh} ORDER BY id DESC LIMIT ${fresh}
      ),
      candidates AS (SELECT *, TRUE AS popular FROM popular UNION ALL SELECT *, FALSE FROM newest),
      last AS (SELECT interactions, id FROM popular ORDER BY interactions, id DESC LIMIT 1)
      SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(revision), '{}') AS revisions,
        coalesce(array_agg(id) FILTER (WHERE NOT popular), '{}') AS newest,
        coalesce(array_agg(id) FILTER (WHERE interactions = 0), '{}') AS unmet,
        (SELECT interactions FROM last) AS "lastInteractions", (SELECT id FROM last) AS "lastId"
      FROM (SELECT * FROM candidates ORDER BY id) AS ordered
    ) AS found ORDER BY place`);
  return rows.map((row) => withBounds(row, search));
}

function withBounds(
  { lastInteractions, lastId, ...found }: CandidatesRow,
  { bounds, limit, again }: CandidateSearch,
): Candidates {
  if (again) return { ...found, bounds };
  const { newestItemId } = bounds;
  // A list shorter than the limit has all that there is.
  if (found.ids.length < limit) return { ...found, bounds: { newestItemId, ends: null } };
  const last = { interactions: lastInteractions ?? largest, itemId: lastId ?? 0 };
  const oldestItemId = found.newest[0] ?? largest;
  return { ...found, bounds: { newestItemId, ends: { ...last, oldestItemId } } };
}

interface CandidatesRow extends Omit<Candidates, 'bounds'> {
  /** Of the least popular of the most popular; `null` when the limit has room for the newest alone. */
  readonly lastInteractions: number | null;
  readonly lastId: number | null;
}

const largest = 2 ** 31 - 1;
