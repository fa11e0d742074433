import { positiveFrom } from '../catalog/interaction-value.ts';
import { typeIndex } from '../features/feedback.ts';
import type { SupportKind } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hashing.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { History, Recipient } from './recipient.ts';
import { type Support, type SupportedModel, type SupportReader, supportSize } from './support.ts';

/**
 * Reads the support set of a recipient: the most recent interactions of the history that count for the model, oldest
 * first. Returns `undefined` if there are none, unless the model reads feedback: its support set can be empty. See
 * `Recipient.readHistory` for the interactions that count. A model that was trained with negatives gets negatives after
 * them.
 *
 * Every request reads the support set and computes the context from all of it. This costs one query and a tenth of a
 * millisecond. In return, every server sees all interactions, and a page comes from exactly the same scores as the page
 * before it.
 */
export async function readUserSupport(
  { database, ratingScale }: SupportReader,
  { versionId, recommender }: SupportedModel,
  recipient: Recipient,
  newestItemId: number,
): Promise<Support | undefined> {
  const { support } = recommender;
  const limit = supportSize(recommender);
  const request = { support, limit, positiveFrom: positiveFrom(ratingScale) };
  const history = recipient.firstItemId === null ? noHistory : await recipient.readHistory(request);
  const { ids, revisions } = history;
  const known = ids.length;
  if (known === 0 && support !== 'feedback') return undefined;
  const negatives =
    support === 'positivesAndNegatives'
      ? await drawNegatives(database, recipient, { count: known, versionId, newestItemId })
      : none;
  const all = [...ids, ...negatives.ids];
  const labels = new Float32Array(all.length);
  labels.set(labelsOf[support](history));
  // Without one of the positives, whichever it is, the last negative would not have been drawn.
  const last = negatives.ids.length === known ? all.length - 1 : undefined;
  return {
    userIds: all.map(() => recipient.userId ?? 0),
    users: new Map(),
    ids: all,
    revisions: [...revisions, ...negatives.revisions],
    labels,
    ...(support === 'feedback' && { types: Uint8Array.from(history.types, typeIndex) }),
    known,
    negatives: ids.map(() => last),
  };
}

/** Returns the labels of the known interactions of a support set. */
const labelsOf: Record<SupportKind, (history: History) => number[]> = {
  labels: ({ values }) => values as number[],
  positives: ({ ids }) => ids.map(() => 1),
  positivesAndNegatives: ({ ids }) => ids.map(() => 1),
  feedback: ({ types, values }) => values.map((value, at) => (types[at] === 'RATE' ? (value as number) : 0)),
};

const none: ItemRevisions = { ids: [], revisions: [] };
const noHistory: History = { ...none, types: [], values: [] };

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
