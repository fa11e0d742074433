import { setImmediate } from 'node:timers/promises';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import { allocateBatch, type EpisodeBatch } from '../tasks/episode-batch.ts';
import { randomSource } from '../tasks/random.ts';
import { defaultEpisodes, type EpisodeOptions } from '../tasks/sample-episode.ts';
import { sampleEpoch } from '../tasks/sample-epoch.ts';
import { splitTasks } from '../tasks/split-tasks.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { checkScores } from './check-scores.ts';
import { meanAbsoluteError, normalisedDiscountedGain, rootMeanSquaredError } from './metrics.ts';

export interface RatingEvaluationOptions {
  readonly seed?: number;
  readonly episodes?: RatingEpisodes;
  /** Most support pairs the recommender is shown, by default all; the query sets do not depend on it. */
  readonly shownPairs?: number;
  /** How often each task is divided anew into a support and a query set. */
  readonly splits?: number;
}

export type RatingEpisodes = Pick<EpisodeOptions, 'supportPairs' | 'queryPairs' | 'minimumPairs'>;

/** How the paper's authors tested on MovieLens-1M. */
const paperEpisodes: RatingEpisodes = { supportPairs: 90, queryPairs: 10, minimumPairs: 13 };

const ratingMetricNames = ['mae', 'rmse', 'ndcg1', 'ndcg3'] as const;
export type RatingMetrics = Readonly<Record<(typeof ratingMetricNames)[number], number>>;

/** Each metric is the mean over episodes of its value over the episode's query set. */
export interface RatingEvaluation extends RatingMetrics {
  readonly tasks: number;
}

/**
 * Evaluates a recommender on users it was not trained on, whose histories are long enough. It embeds, adapts and
 * scores as it does when serving.
 */
export async function evaluateRatings(
  recommender: Recommender,
  data: TrainingData,
  { seed = 1, episodes = paperEpisodes, shownPairs = Infinity, splits = 1 }: RatingEvaluationOptions = {},
): Promise<RatingEvaluation> {
  const random = randomSource(seed);
  const { training: tasks } = splitTasks(data, { ...episodes, validationShare: 0 }, random);
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const { supportPairs: support, queryPairs: query } = episodes;
  const batch = allocateBatch({ tasks: 1, support, query, userPerPair: false });
  const options: EpisodeOptions = {
    ...defaultEpisodes,
    ...episodes,
    queryShare: 1,
    shortSupportShare: 0,
    negatives: 'none',
  };
  const totals: Record<keyof RatingMetrics, number> = { mae: 0, rmse: 0, ndcg1: 0, ndcg3: 0 };
  for (let split = 0; split < splits; split++) {
    for (const episode of sampleEpoch(batch, data, tasks, options, random)) {
      const scores = await predict(recommender, { users, items }, episode, shownPairs);
      for (const name of ratingMetricNames) totals[name] += metrics[name](scores, episode.query.labels);
      await setImmediate();
    }
  }
  for (const name of ratingMetricNames) totals[name] /= tasks.length * splits;
  return { tasks: tasks.length, ...totals };
}

const metrics: Record<keyof RatingMetrics, (scores: Float32Array, labels: Float32Array) => number> = {
  mae: meanAbsoluteError,
  rmse: rootMeanSquaredError,
  ndcg1: (scores, labels) => normalisedDiscountedGain(scores, labels, 1),
  ndcg3: (scores, labels) => normalisedDiscountedGain(scores, labels, 3),
};

/** Scores the query set of the only task in a batch. */
async function predict(
  recommender: Recommender,
  { users, items }: { users: Embeddings; items: Embeddings },
  { support, query }: EpisodeBatch,
  shownPairs: number,
): Promise<Float32Array> {
  const user = selectEmbeddings(users, support.users);
  const available = support.mask.reduce((sum, mask) => sum + mask, 0);
  const pairs = Math.min(available, shownPairs, recommender.supportLimit);
  const adaptation = await recommender.adapt({
    users: user,
    items: selectEmbeddings(items, support.items.subarray(0, pairs)),
    labels: support.labels.subarray(0, pairs),
  });
  return checkScores(await recommender.score(adaptation, user, selectEmbeddings(items, query.items)));
}
