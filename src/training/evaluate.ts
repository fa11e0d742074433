import type { Embeddings, Recommender } from '../models/recommender.ts';
import { selectEmbeddings } from '../models/select-embeddings.ts';
import { allocateBatch, type EpisodeBatch } from '../tasks/episode-batch.ts';
import { randomSource } from '../tasks/random.ts';
import { defaultEpisodes, type EpisodeOptions, supportCapacity } from '../tasks/sample-episode.ts';
import { sampleEpoch } from '../tasks/sample-epoch.ts';
import { splitTasks } from '../tasks/split-tasks.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { meanAbsoluteError, normalisedDiscountedGain, rootMeanSquaredError } from './metrics.ts';

export interface EvaluationOptions {
  readonly seed?: number;
  readonly episodes?: EpisodeOptions;
  /** Most support pairs the recommender is shown, by default all; the query sets do not depend on it. */
  readonly supportPairs?: number;
}

/** Each metric is the mean over tasks of its value over the task's query set. */
export interface Evaluation extends Readonly<Record<MetricName, number>> {
  readonly tasks: number;
}

/**
 * Evaluates a recommender on tasks it was not trained on: one episode of each history that is long enough. It
 * embeds, adapts and scores as it does when serving.
 */
export async function evaluate(
  recommender: Recommender,
  data: TrainingData,
  { seed = 1, episodes = defaultEpisodes, supportPairs = Infinity }: EvaluationOptions = {},
): Promise<Evaluation> {
  const random = randomSource(seed);
  const { training: tasks } = splitTasks(data, { ...episodes, validationShare: 0 }, random);
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const batch = allocateBatch({ tasks: 1, support: supportCapacity(episodes), query: episodes.queryPairs });
  const totals: Record<MetricName, number> = { mae: 0, rmse: 0, ndcgAt1: 0, ndcgAt3: 0 };
  for (const episode of sampleEpoch(batch, data, tasks, { ...episodes, shortSupportShare: 0 }, random)) {
    const scores = await predict(recommender, { users, items }, episode, supportPairs);
    for (const name of metricNames) totals[name] += metrics[name](scores, episode.queryLabels);
  }
  for (const name of metricNames) totals[name] /= tasks.length;
  return { tasks: tasks.length, ...totals };
}

const metricNames = ['mae', 'rmse', 'ndcgAt1', 'ndcgAt3'] as const;
type MetricName = (typeof metricNames)[number];

const metrics: Record<MetricName, (scores: Float32Array, labels: Float32Array) => number> = {
  mae: meanAbsoluteError,
  rmse: rootMeanSquaredError,
  ndcgAt1: (scores, labels) => normalisedDiscountedGain(scores, labels, 1),
  ndcgAt3: (scores, labels) => normalisedDiscountedGain(scores, labels, 3),
};

/** Scores the query set of the only task in a batch. */
async function predict(
  recommender: Recommender,
  { users, items }: { users: Embeddings; items: Embeddings },
  episode: EpisodeBatch,
  supportPairs: number,
): Promise<Float32Array> {
  const user = selectEmbeddings(users, episode.users);
  const available = episode.supportMask.reduce((sum, mask) => sum + mask, 0);
  const pairs = Math.min(available, supportPairs, recommender.supportLimit);
  const adaptation = await recommender.adapt({
    users: user,
    items: selectEmbeddings(items, episode.supportItems.subarray(0, pairs)),
    labels: episode.supportLabels.subarray(0, pairs),
  });
  return recommender.score(adaptation, user, selectEmbeddings(items, episode.queryItems));
}
