import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hashing.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { Recipient } from './recipient.ts';
import type { ServedModel } from './served-models.ts';
import { type Support, supportSize } from './support.ts';

/**
 * Reads the support set of a recipient: the history, oldest first. Returns `undefined` without a history. A model
 * with labels gets ratings. Other models get interactions of any type, followed by negatives if they were trained with
 * them. A later interaction with an item replaces an earlier one, and only the most recent interactions count.
 *
 * Every request reads the support set and computes the context from all of it. This costs one query and a tenth of a
 * millisecond. In return, every server sees all interactions, and a page comes from exactly the same scores as the page
 * before it.
 */
export async function readUserSupport(
  database: Database,
  { versionId, recommender }: ServedModel,
  recipient: Recipient,
  newestItemId: number,
): Promise<Support | undefined> {
  const { support } = recommender;
  const { values, ids, revisions } = await recipient.readHistory(support, supportSize(recommender));
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
  // Without one of the positives, whichever it is, the last negative would not have been drawn.
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
 * Draws items that the recipient has not interacted with, from the whole catalog, as in training. Unavailable items
 * count too, so that the scores of a list do not change when an item becomes unavailable.
 *
 * The items with the smallest hashes are drawn, with a seed from the recipient's earliest item and the model version.
 * The negatives of a recipient therefore stay the same as the history grows, except for items that the recipient
 * interacts with, and recipients with the same history have the same negatives.
 */
async function drawNegatives(
  database: Database,
  { interacted, firstItemId }: Recipient,
  { count, versionId, newestItemId }: NegativeDraw,
): Promise<ItemRevisions> {
  const seed = hashPair(firstItemId ?? 0, versionId, 1);
  const [row] = await database.$queryRaw<ItemRevisions[]>(sql`
    SELECT coalesce(array_agg(id ORDER BY place, id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY place, id), '{}') AS revisions
    FROM (
      SELECT id, revision, hashint4extended(id, ${seed}::bigint) AS place FROM items
      WHERE id <= ${newestItemId} AND id NOT IN (${interacted}) ORDER BY place, id LIMIT ${count}
    ) AS drawn`);
  return row as ItemRevisions;
}
