import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { Recipient } from './recipient.ts';
import type { ServedModel } from './served-models.ts';
import { type Support, shownLimit } from './support.ts';

/**
 * What a model is adapted to for somebody: their history, oldest first; `undefined` when there is none. For a model of labels
 * these are the ratings, for others interactions of any type, with negatives after them if the model is used to them. A
 * later interaction with an item replaces an earlier one, and of many the most recent count.
 *
 * It is read at every request and the context computed from all of it: that costs a tenth of a millisecond and
 * a query, every replica reads its writes, and a page is cut from bitwise the same scores as the page before it.
 */
export async function readUserSupport(
  database: Database,
  { versionId, recommender }: ServedModel,
  recipient: Recipient,
  newestItemId: number,
): Promise<Support | undefined> {
  const { support } = recommender;
  const { values, ids, revisions } = await recipient.readHistory(support, shownLimit(recommender));
  const known = ids.length;
  if (known === 0) return undefined;
  const negatives =
    support === 'positivesAndNegatives'
      ? await drawNegatives(database, recipient, { count: known, versionId, newestItemId })
      : none;
  const all = [...ids, ...negatives.ids];
  const labels = new Float32Array(all.length);
  if (support === 'labels') labels.set(values as number[]);
  else labels.fill(1, 0, known);
  // One positive less draws one negative less, whichever positive it is: the last.
  const last = negatives.ids.length === known ? all.length - 1 : undefined;
  return {
    userIds: all.map(() => recipient.userId ?? 0),
    users: new Map(),
    ids: all,
    revisions: [...revisions, ...negatives.revisions],
    labels,
    known,
    negatives: ids.map(() => last),
  };
}

const none: ItemRevisions = { ids: [], revisions: [] };

interface NegativeDraw {
  readonly count: number;
  readonly versionId: number;
  readonly newestItemId: number;
}

/**
 * Items that were never met, of the whole catalogue, as a training draws them: available or not, since what can no longer be
 * recommended later must not change the scores of a list that has begun. Each item has a place in an order that a hash
 * shuffles, another one for each earliest item and model version, and the first ones are drawn: somebody's negatives stay
 * while they go on, but for the items they meet, and are those of anybody with the same history.
 */
async function drawNegatives(
  database: Database,
  { met, firstItemId }: Recipient,
  { count, versionId, newestItemId }: NegativeDraw,
): Promise<ItemRevisions> {
  const seed = hashPair(firstItemId ?? 0, versionId, 1);
  const [row] = await database.$queryRaw<ItemRevisions[]>(sql`
    SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY place, id), '{}') AS revisions
    FROM (
      SELECT id, revision, hashint4extended(id, ${seed}::bigint) AS place FROM items
      WHERE id <= ${newestItemId} AND id NOT IN (${met}) ORDER BY place, id LIMIT ${count}
    ) AS drawn`);
  return row as ItemRevisions;
}
