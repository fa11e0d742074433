import { type Sql, sql } from '../store/database.ts';
import { type CandidateBounds, type CandidateEnds, freshShare, maxAgain } from './candidates.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { allOf, type ListConditions } from './list-conditions.ts';
import type { ServingSession } from './serving-session.ts';

/** Items read at once: a few milliseconds of the event loop. */
const itemsPerLot = 2500;

/** Within which bounds the items are that a first page compares: of more than the most that may be, the most popular and the newest. */
export async function comparedBounds(
  session: ServingSession,
  conditions: ListConditions,
  newestItemId: number,
): Promise<CandidateBounds> {
  return narrowed(session, conditions, { newestItemId, ends: null }, session.platform.maxCompared);
}

/** The same for a later page: as the first one had, but narrower where too many more have become popular since. */
export async function comparedBoundsAgain(
  session: ServingSession,
  conditions: ListConditions,
  bounds: CandidateBounds,
): Promise<CandidateBounds> {
  return narrowed(session, conditions, bounds, session.platform.maxCompared * maxAgain);
}

/** Bounds that have no more than `most` items. */
async function narrowed(
  { platform: { database }, read }: ServingSession,
  conditions: ListConditions,
  { newestItemId, ends }: CandidateBounds,
  most: number,
): Promise<CandidateBounds> {
  // There are no more items than ids.
  if (newestItemId <= most) return { newestItemId, ends };
  const fresh = Math.ceil(most * freshShare);
  const statement = sql`
    WITH open_items AS MATERIALIZED (
      SELECT items.id, coalesce(interactions, 0) AS interactions
      FROM items LEFT JOIN item_popularity ON item_id = items.id
      WHERE items.id <= ${newestItemId} AND ${within(ends)} AND ${allOf(conditions)}
    ),
    last AS (
      SELECT * FROM open_items WHERE (SELECT count(*) FROM open_items) > ${most}
      ORDER BY interactions DESC, id OFFSET ${most - fresh - 1} LIMIT 1
    )
    SELECT interactions, id AS "itemId", (
      SELECT id FROM open_items WHERE (-interactions, id) > (-last.interactions, last.id)
      ORDER BY id DESC OFFSET ${fresh - 1} LIMIT 1
    ) AS "oldestItemId"
    FROM last`;
  const [narrower] = await read(() => database.$queryRaw<CandidateEnds[]>(statement));
  return { newestItemId, ends: narrower ?? ends };
}

function within(ends: CandidateEnds | null): Sql {
  if (!ends) return sql`TRUE`;
  return sql`(items.id >= ${ends.oldestItemId}
    OR (-coalesce(interactions, 0), items.id) <= (-${ends.interactions}::int, ${ends.itemId}::int))`;
}

/** All items within the bounds that pass the conditions, in lots, by id. */
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
        SELECT items.id, revision FROM items LEFT JOIN item_popularity ON item_id = items.id
        WHERE items.id > ${last} AND items.id <= ${newestItemId} AND ${within(ends)} AND ${allOf(conditions)}
        ORDER BY items.id LIMIT ${itemsPerLot}
      ) AS lot`;
    const [lot] = await read(() => database.$queryRaw<ItemRevisions[]>(statement));
    const { ids } = lot as ItemRevisions;
    if (ids.length > 0) yield lot as ItemRevisions;
    last = ids.length < itemsPerLot ? undefined : ids.at(-1);
  }
}
