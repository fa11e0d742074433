import { setImmediate } from 'node:timers/promises';
import type { ScoringModel } from '../models/recommender.ts';
import { type Feedback, interactionsOf, type TrainingData } from '../tasks/training-data.ts';

/** As many ratings of the overall mean are added to those of each item, so that few ratings say little. */
const ratingsOfMean = 5;
/** Pairs counted before the event loop turns, some milliseconds' work. */
const pairsAtOnce = 200_000;

/** Data that train, of which popularity knows all and nothing else. */
type CountedData = Pick<TrainingData, 'schema' | 'tasks' | 'interactions'> & {
  readonly items: Pick<TrainingData['items'], 'rows'>;
};

/**
 * What is popular in the data that train, alike for every task: where labels are ratings, items' mean ratings, which predict them and
 * order better than counts do; otherwise how often items were interacted with.
 */
export function popularityBaseline(data: CountedData, feedback: Feedback): Promise<ScoringModel> {
  return baselines[feedback](data);
}

const baselines: Record<Feedback, (data: CountedData) => Promise<ScoringModel>> = {
  ratings: meanRatings,
  any: interactionCounts,
};

/** Ranks items by how often they were interacted with in all the data that train. */
async function interactionCounts(data: CountedData): Promise<ScoringModel> {
  const counts = new Float32Array(data.items.rows);
  const { items } = interactionsOf(data);
  for (let start = 0; start < items.length; start += pairsAtOnce) {
    for (const item of items.subarray(start, start + pairsAtOnce))
      counts[item] = (counts[item] as number) + 1;
    await setImmediate();
  }
  return sameForAll(data, counts, false);
}

/**
 * Predicts each item's mean rating in the tasks that train, smoothed towards the mean `m` of all ratings: `(sum + 5m) / (count + 5)`, so that of
 * items never rated it is `m`.
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

/** Scores items by their rows, alike for every user and task: those embedded have to be the rows of the data that train. */
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
