import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import type { ListMoment } from './candidates.ts';
import type { ServedModel } from './served-models.ts';

interface Rating {
  readonly itemId: number;
  readonly revision: number;
  readonly value: number;
}

/**
 * The adaptation to a user's ratings up to the moment's watermark; `undefined` when there are none. A later rating
 * of an item replaces an earlier one, and of many ratings the last `supportLimit` count.
 *
 * It is computed from the whole support set at every request and never kept: that costs a tenth of a millisecond and
 * a query, every replica reads its writes, and a page is cut from bitwise the same scores as the page before it.
 */
export async function adaptToUser(
  database: Database,
  { recommender, embeddings }: ServedModel,
  { userId, watermark }: ListMoment,
  users: Embeddings,
): Promise<Adaptation | undefined> {
  // No limit in SQL is a limit of null.
  const limit = Number.isFinite(recommender.supportLimit) ? recommender.supportLimit : null;
  const ratings = await database.$queryRaw<Rating[]>(sql`
    SELECT item_id AS "itemId", revision, value FROM (
      SELECT latest.id, item_id, revision, value FROM (
        SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
        WHERE user_id = ${userId} AND id <= ${watermark} AND type = 'RATE'
        ORDER BY item_id, id DESC
      ) AS latest JOIN items ON items.id = item_id
      ORDER BY latest.id DESC LIMIT ${limit}::bigint
    ) AS support ORDER BY id`);
  if (ratings.length === 0) return undefined;
  const items = await embeddings.embed({
    ids: ratings.map((rating) => rating.itemId),
    revisions: ratings.map((rating) => rating.revision),
  });
  return recommender.adapt({ users, items, labels: Float32Array.from(ratings, (rating) => rating.value) });
}
