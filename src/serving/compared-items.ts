import { itemsWithPopularity, positiveCount } from '../catalog/items.ts';
import { type Sql, sql } from '../store/database.ts';
import { type CandidateBounds, type CandidateEnds, freshShare, maxLaterPageGrowth } from './candidates.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { allOf, type ListConditions } from './list-conditions.ts';
import type { ServingSession } from './serving-session.ts';

/** Items read at once, which takes the event loop a few milliseconds. */
const itemsPerBatch = 2500;

/**
 * Returns the bounds of the items that a first page compares. If there are more items than the limit, these are the
 * most popular and the newest ones.
 */
export async function comparedBounds(
  session: ServingSession,
  conditions: ListConditions,
  newestItemId: number,
): Promise<CandidateBounds> {
  return narrowed(session, conditions, { newestItemId, ends: null }, session.platform.maxCompared);
}

/**
 * Returns the bounds of a later page: those of the first page, but narrower if too many more items have become popular.
 */
export async function laterPageBounds(
  session: ServingSession,
  conditions: ListConditions,
  bounds: CandidateBounds,
): Promise<CandidateBounds> {
  return narrowed(session, conditions, bounds, session.platform.maxCompared * maxLaterPageGrowth);
}

/** Narrows the bounds to at most `max` items. */
async function narrowed(
  { platform: { database }, read }: ServingSession,
  conditions: ListConditions,
  { newestItemId, ends }: CandidateBounds,
  max: number,
): Promise<CandidateBounds> {
  // There cannot be more items than IDs.
  if (newestItemId <= max) return { newestItemId, ends };
  const fresh = Math.ceil(max * freshShare);
  const statement = sql`
    WITH open_items AS MATERIALIZED (
      SELECT items.id, ${positiveCount} AS positives
      FROM ${itemsWithPopularity}
      WHERE items.id <= ${newestItemId} AND ${within(ends)} AND ${allOf(conditions)}
    ),
    last AS (
      SELECT * FROM open_items WHERE (SELECT count(*) FROM open_items) > ${max}
      ORDER BY positives DESC, id OFFSET ${max - fresh - 1} LIMIT 1
    )
    SELECT positives, id AS "itemId", (
      SELECT id FROM open_items WHERE (-positives, id) > (-last.positives, last.id)
      ORDER BY id DESC OFFSET ${fresh - 1} LIMIT 1
    ) AS "oldestItemId"
    FROM last`;
  const [narrower] = await read(() => database.$queryRaw<CandidateEnds[]>(statement));
  return { newestItemId, ends: narrower ?? ends };
}

function within(ends: CandidateEnds | null): Sql {
  if (!ends) return sql`TRUE`;
  return sql`(items.id >= ${ends.oldestItemId}
    OR (-${positiveCount}, items.id) <= (-${ends.positives}::int, ${ends.itemId}::int))`;
}

/** Yields all items within the bounds that pass the conditions, in batches ordered by ID. */
export async function* comparedItems(
  { platform: { database }, read }: ServingSession,
  conditions: ListConditions,
  { newestItemId, ends }: CandidateBounds,
): AsyncGenerator<ItemRevisions> {
  let last: number | undefined = 0;
  while (last !== undefined) {
    const statement: Sql = sql`
      SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids,
        coalesce(array_agg(revision ORDER BY id), '{}') AS revisions
      FROM (
        SELECT items.id, revision FROM ${itemsWithPopularity}
        WHERE items.id > ${last} AND items.id <= ${newestItemId} AND ${within(ends)} AND ${allOf(conditions)}
        ORDER BY items.id LIMIT ${itemsPerBatch}
      ) AS batch`;
    const [batch] = await read(() => database.$queryRaw<ItemRevisions[]>(statement));
    const { ids } = batch as ItemRevisions;
    if (ids.length > 0) yield batch as ItemRevisions;
    last = ids.length < itemsPerBatch ? undefined : ids.at(-1);
  }
}
