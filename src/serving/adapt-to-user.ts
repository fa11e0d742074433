import { setImmediate } from 'node:timers/promises';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import { type Candidates, findCandidates, type ListMoment } from './candidates.ts';
import { drawNegatives } from './draw-negatives.ts';
import type { ServedModel } from './served-models.ts';
import { shownLimit } from './shown-limit.ts';
import { embedSupport, type Support } from './support.ts';

/** A user as of one moment: interactions after `watermark` do not count. */
export type UserMoment = Pick<ListMoment, 'userId' | 'watermark'>;

interface History extends Candidates {
  readonly userId: number;
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
  const [support] = await readUserSupports(database, model, [moment], mostCandidates);
  return support && model.recommender.adapt(await embedSupport(model, support, users));
}

/**
 * What `adaptToUser` adapts to, of each of these users; `undefined` where there is nothing. It takes two or three statements,
 * for however many users, who must differ.
 */
export async function readUserSupports(
  database: Database,
  model: ServedModel,
  moments: readonly UserMoment[],
  mostCandidates: number,
): Promise<(Support | undefined)[]> {
  const histories = await readHistories(database, model, moments);
  const byUser = new Map(histories.map((history) => [history.userId, history]));
  const drawsNegatives = model.recommender.support === 'positivesAndNegatives' && histories.length > 0;
  const drawFor = drawsNegatives ? await negativesOf(database, model, moments, mostCandidates) : () => none;
  const supports: (Support | undefined)[] = [];
  for (const { userId } of moments) {
    // Drawing negatives takes a millisecond a user.
    if (drawsNegatives && supports.length > 0) await setImmediate();
    const history = byUser.get(userId);
    supports.push(history && supportOf(model, history, drawFor(history)));
  }
  return supports;
}

const none: Candidates = { ids: [], revisions: [] };

function supportOf(
  { versionId, recommender }: ServedModel,
  { userId, ids, revisions, values }: History,
  negatives: Candidates,
): Support {
  const known = ids.length;
  const all = [...ids, ...negatives.ids];
  const labels = new Float32Array(all.length);
  if (recommender.support === 'labels') labels.set(values as number[]);
  else labels.fill(1, 0, known);
  // One positive less draws one negative less, whichever positive it is.
  const fewer = new Set(drawNegatives(negatives, new Set(), known - 1, seedOf(userId, versionId)).ids);
  const last = negatives.ids.findIndex((id) => !fewer.has(id));
  return {
    userIds: all.map(() => userId),
    ids: all,
    revisions: [...revisions, ...negatives.revisions],
    labels,
    known,
    negatives: ids.map(() => (last < 0 ? undefined : known + last)),
  };
}

/** Oldest first; of users without a history none. */
async function readHistories(
  database: Database,
  { recommender }: ServedModel,
  moments: readonly UserMoment[],
): Promise<History[]> {
  const counts = recommender.support === 'labels' ? sql`type = 'RATE'` : sql`TRUE`;
  return database.$queryRaw<History[]>(sql`
    SELECT asked.user_id AS "userId", array_agg(item_id ORDER BY support.id) AS ids,
      array_agg(revision ORDER BY support.id) AS revisions, array_agg(value ORDER BY support.id) AS values
    FROM ${unnest(moments)} CROSS JOIN LATERAL (
      SELECT latest.id, item_id, revision, value FROM (
        SELECT DISTINCT ON (item_id) id, item_id, value FROM interactions
        WHERE user_id = asked.user_id AND id <= asked.watermark AND ${counts}
        ORDER BY item_id, id DESC
      ) AS latest JOIN items ON items.id = item_id
      ORDER BY latest.id DESC LIMIT ${shownLimit(recommender)}
    ) AS support GROUP BY asked.user_id`);
}

/** Available items with which the user has not interacted; the same ones for the same user and model version. */
async function negativesOf(
  database: Database,
  { versionId }: ServedModel,
  moments: readonly UserMoment[],
  mostCandidates: number,
): Promise<(history: History) => Candidates> {
  // A training draws them from all items, and so does a list of one scenario.
  const { userId, watermark } = moments.length === 1 ? (moments[0] as UserMoment) : nobody;
  const open = await findCandidates(database, { userId, watermark, scenarioId: null }, mostCandidates);
  const rows = await database.$queryRaw<{ userId: number; ids: number[] }[]>(sql`
    SELECT asked.user_id AS "userId", array_agg(DISTINCT item_id) AS ids
    FROM ${unnest(moments)} JOIN interactions ON interactions.user_id = asked.user_id AND id <= asked.watermark
    GROUP BY asked.user_id`);
  const seenBy = new Map(rows.map(({ userId, ids }) => [userId, new Set(ids)]));
  return ({ userId, ids }) =>
    drawNegatives(open, seenBy.get(userId) ?? new Set(), ids.length, seedOf(userId, versionId));
}

/** Has seen nothing: what is open to all of several users. */
const nobody: UserMoment = { userId: 0, watermark: 0n };

function seedOf(userId: number, versionId: number): number {
  return hashPair(userId, versionId, 1);
}

function unnest(moments: readonly UserMoment[]) {
  const userIds = moments.map(({ userId }) => userId);
  const watermarks = moments.map(({ watermark }) => watermark);
  return sql`unnest(${userIds}::int[], ${watermarks}::bigint[]) AS asked (user_id, watermark)`;
}
