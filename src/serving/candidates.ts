import { type Database, sql } from '../store/database.ts';
import { allOf, type ListConditions } from './list-conditions.ts';

/** Items by internal id; `revisions` tell whether a cached embedding is still theirs. */
export interface Candidates {
  readonly ids: readonly number[];
  readonly revisions: readonly number[];
}

/** The candidates of a list, ordered by id. */
export interface FoundCandidates extends Candidates {
  /** How many each has. */
  readonly interactions: readonly number[];
  /** Whether each is among the most popular; the others are among the newest. */
  readonly popular: readonly boolean[];
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
const freshShare = 0.1;
/** Within the bounds of a first page there may be a few more than there; here is the end even if everything became popular. */
const mostAgain = 2;

/** Those items that pass the conditions that are worth scoring: all of them, or, of many, the most popular and the newest. */
export async function findCandidates(
  database: Database,
  conditions: ListConditions,
  search: CandidateSearch,
): Promise<FoundCandidates> {
  const { newestItemId, ends } = search.bounds;
  const most = search.limit * (search.again ? mostAgain : 1);
  const fresh = Math.ceil(most * freshShare);
  const isPopular = ends
    ? sql`(-interactions, id) <= (-${ends.interactions}::int, ${ends.itemId}::int)`
    : sql`TRUE`;
  const isFresh = ends ? sql`id >= ${ends.oldestItemId}` : sql`TRUE`;
  const [row] = await database.$queryRaw<Omit<FoundCandidates, 'bounds'>[]>(sql`
    WITH open_items AS MATERIALIZED (
      SELECT items.id, revision, coalesce(interactions, 0) AS interactions
      FROM items LEFT JOIN item_popularity ON item_id = items.id
      WHERE items.id <= ${newestItemId} AND ${allOf(conditions)}
    ),
    popular AS MATERIALIZED (
      SELECT * FROM open_items WHERE ${isPopular} ORDER BY interactions DESC, id LIMIT ${most - fresh}
    ),
    candidates AS (
      SELECT *, TRUE AS popular FROM popular UNION ALL (
        SELECT *, FALSE FROM open_items WHERE ${isFresh} AND id NOT IN (SELECT id FROM popular)
        ORDER BY id DESC LIMIT ${fresh})
    )
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY id), '{}') AS revisions,
      coalesce(array_agg(interactions ORDER BY id), '{}') AS interactions,
      coalesce(array_agg(popular ORDER BY id), '{}') AS popular FROM candidates`);
  const found = row as Omit<FoundCandidates, 'bounds'>;
  const bounds = search.again ? search.bounds : { newestItemId, ends: endsOf(found, search.limit) };
  return { ...found, bounds };
}

function endsOf(
  { ids, interactions, popular }: Omit<FoundCandidates, 'bounds'>,
  limit: number,
): CandidateEnds | null {
  if (ids.length < limit) return null;
  // Fewer than nothing, unless there is a popular one: of a limit of 1 the newest item is all.
  let last = { interactions: largest, itemId: 0 };
  let oldestItemId = largest;
  for (const [index, itemId] of ids.entries()) {
    const count = interactions[index] as number;
    if (!popular[index]) oldestItemId = Math.min(oldestItemId, itemId);
    else if (count <= last.interactions) last = { interactions: count, itemId };
  }
  return { ...last, oldestItemId };
}

const largest = 2 ** 31 - 1;

/** A popular item; `score` is how many interactions it has. */
export interface PopularItem {
  readonly itemId: number;
  readonly score: number;
}

/** The items that pass by popularity, those after `after` in that order; the older one first where it is the same. */
export async function findPopularItems(
  database: Database,
  conditions: ListConditions,
  limit: number,
  after?: PopularItem,
): Promise<PopularItem[]> {
  const { score, itemId } = after ?? { score: Number.MAX_SAFE_INTEGER, itemId: 0 };
  return database.$queryRaw<PopularItem[]>(sql`
    SELECT items.id AS "itemId", coalesce(interactions, 0) AS score
    FROM items LEFT JOIN item_popularity ON item_id = items.id
    WHERE ${allOf(conditions)} AND (-coalesce(interactions, 0)::float8, items.id) > (-${score}::float8, ${itemId}::int)
    ORDER BY coalesce(interactions, 0) DESC, items.id LIMIT ${limit}`);
}
