import { setImmediate } from 'node:timers/promises';
import type { ScoringModel } from '../models/recommender.ts';
import { positiveFromOf, positivePairs } from '../tasks/positives.ts';
import { type FeedbackKind, interactionsOf, type TrainingData } from '../tasks/training-data.ts';

/** The number of ratings of the overall mean that are added to those of each item, so that few ratings weigh little. */
const ratingsOfMean = 5;
/** Pairs between two yields to the event loop: a few milliseconds of work. */
const pairsAtOnce = 200_000;

/** The training data that popularity counts. */
type CountedData = Pick<TrainingData, 'schema' | 'tasks' | 'positiveFrom' | 'interactions'> & {
  readonly items: Pick<TrainingData['items'], 'rows'>;
};

/**
 * Returns a baseline that scores items by their popularity in the training data, the same for every task. If labels are
 * ratings, the score is the mean rating of an item, which predicts ratings and ranks better than counts. Otherwise it
 * is the number of interactions, or of users with a positive one if the tasks have types.
 */
export function popularityBaseline(data: CountedData, feedback: FeedbackKind): Promise<ScoringModel> {
  return baselines[feedback](data);
}

const baselines: Record<FeedbackKind, (data: CountedData) => Promise<ScoringModel>> = {
  ratings: meanRatings,
  any: interactionCounts,
  typed: async (data) => sameForAll(data, await countLikes(data), false),
};

/** Ranks items by their number of interactions in the training data. */
async function interactionCounts(data: CountedData): Promise<ScoringModel> {
  const counts = new Float32Array(data.items.rows);
  const { items } = interactionsOf(data);
  for (let start = 0; start < items.length; start += pairsAtOnce) {
    for (const item of items.subarray(start, start + pairsAtOnce)) counts[item] = (counts[item] as number) + 1;
    await setImmediate();
  }
  return sameForAll(data, counts, false);
}

/**
 * Returns how many users like each item (see `positivePairs`), by item row, without blocking the event loop. Only the
 * tasks count.
 */
export async function countLikes(data: CountedData): Promise<Float32Array> {
  const counts = new Float32Array(data.items.rows);
  const positiveFrom = positiveFromOf(data);
  let pending = 0;
  for (const task of data.tasks) {
    for (const pair of positivePairs(task, positiveFrom)) {
      const item = task.items[pair] as number;
      counts[item] = (counts[item] as number) + 1;
    }
    pending += task.items.length;
    if (pending < pairsAtOnce) continue;
    pending = 0;
    await setImmediate();
  }
  return counts;
}

/**
 * Predicts the mean rating of each item in the training tasks, smoothed towards the mean `m` of all ratings:
 * `(sum + 5m) / (count + 5)`. The prediction for an item without ratings is `m`.
 */
async function meanRatings(data: CountedData): Promise<ScoringModel> {
  const { rows } = data.items;
  const [sums, counts] = [new Float64Array(rows), new Float64Array(rows)];
  let [sum, count, pending] = [0, 0, 0];
  for (const { items, labels } of data.tasks) {
    for (const [pair, label] of labels.entries()) {
      const item = items[pair] as number;
      sums[item] = (sums[item] as number) + label;
      counts[item] = (counts[item] as number) + 1;
      sum += label;
    }
    count += labels.length;
    pending += labels.length;
    if (pending < pairsAtOnce) continue;
    pending = 0;
    await setImmediate();
  }
  const prior = (ratingsOfMean * sum) / count;
  const means = Float32Array.from(
    sums,
    (itemSum, row) => (itemSum + prior) / ((counts[row] as number) + ratingsOfMean),
  );
  return sameForAll(data, means, true);
}

/**
 * Scores items by their rows, the same for every user and task. The embedded items must be those of the training data.
 */
function sameForAll(
  { schema }: Pick<TrainingData, 'schema'>,
  scores: Float32Array,
  predictsLabels: boolean,
): ScoringModel {
  return {
    schema,
    supportLimit: Infinity,
    support: 'positives',
    predictsLabels,
    embedUsers: async ({ rows }) => ({ rows, width: 1, data: new Float32Array(rows) }),
    embedItems: async ({ rows }) => ({ rows, width: 1, data: scores }),
    adapt: async ({ items }) => ({ state: new Float32Array(), pairs: items.rows }),
    score: async (_adaptation, _user, { data }) => data,
  };
}
