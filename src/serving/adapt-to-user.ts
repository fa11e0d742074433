import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import { type Candidates, findCandidates, type ListMoment } from './candidates.ts';
import { drawNegatives } from './draw-negatives.ts';
import type { ServedModel } from './served-models.ts';
import { shownLimit } from './shown-limit.ts';

interface History extends Candidates {
  /** Ratings, or whatever values the interactions have. */
  readonly values: readonly (number | null)[];
}

/**
 * The adaptation to a user's history up to the moment's watermark; `undefined` when there is none. For a model of labels
 * these are the ratings, for others interactions of any type, with negatives beside them if the model is used to them. A
 * later interaction with an item replaces an earlier one, and of many the most recent count.
 *
 * It is computed from the whole support set at every request and never kept: that costs a tenth of a millisecond and
 * a query, every replica reads its writes, and a page is cut from bitwise the same scores as the page before it.
 */
export async function adaptToUser(
  database: Database,
  model: ServedModel,
  moment: ListMoment,
  users: Embeddings,
  mostCandidates: number,
): Promise<Adaptation | undefined> {
  const { recommender, embeddings } = model;
  const { values, ...shown } = await readHistory(database, model, moment);
  if (shown.ids.length === 0) return undefined;
  if (recommender.support === 'labels') {
    const labels = Float32Array.from(values, (value) => value as number);
    return recommender.adapt({ users, items: await embeddings.embed(shown), labels });
  }
  const negatives =
    recommender.support === 'positives'
      ? { ids: [], revisions: [] }
      : await findNegatives(database, model, moment, shown.ids.length, mostCandidates);
  const items = {
    ids: [...shown.ids, ...negatives.ids],
    revisions: [...shown.revisions, ...negatives.revisions],
  };
  const labels = new Float32Array(items.ids.length).fill(1, 0, shown.ids.length);
  return recommender.adapt({ users, items: await embeddings.embed(items), labels });
}

/** Oldest first. */
async function readHistory(
  database: Database,
  { recommender }: ServedModel,
  { userId, watermark }: ListMoment,
): Promise<History> {
  const counts = recommender.support === 'labels' ? sql`type = 'RATE'` : sql`TRUE`;
  const [row] = await database.$queryRaw<History[]>(sql`
    SELECT coalesce(array_agg(item_id ORDER BY id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY id), '{}') AS revisions,
      coalesce(array_agg(value ORDER BY id), '{}') AS values
    FROM (
      SELECT latest.id, item_id, revision, value FROM (
        SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
        WHERE user_id = ${userId} AND id <= ${watermark} AND ${counts}
        ORDER BY item_id, id DESC
      ) AS latest JOIN items ON items.id = item_id
      ORDER BY latest.id DESC LIMIT ${shownLimit(recommender)}
    ) AS support`);
  return row as History;
}

/** Available items with which the user has not interacted; the same ones for the same user and model version. */
async function findNegatives(
  database: Database,
  { versionId }: ServedModel,
  moment: ListMoment,
  count: number,
  mostCandidates: number,
): Promise<Candidates> {
  const { userId, watermark } = moment;
  // A training draws them from all items, and so does a list of one scenario.
  const open = await findCandidates(database, { ...moment, scenarioId: null }, mostCandidates);
  const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
    SELECT coalesce(array_agg(DISTINCT item_id), '{}') AS ids
    FROM interactions WHERE user_id = ${userId} AND id <= ${watermark}`);
  return drawNegatives(open, new Set(row?.ids), count, hashPair(userId, versionId, 1));
}
