import { setImmediate } from 'node:timers/promises';
import { typeIndex } from '../features/interaction-types.ts';
import { type Embeddings, type ScoringModel, selectEmbeddings } from '../models/recommender.ts';
import { allocateBatch, type EpisodeBatch } from '../tasks/episode-batch.ts';
import { defaultEpisodes, type EpisodeOptions } from '../tasks/episode-options.ts';
import { splitTasks } from '../tasks/held-out.ts';
import { randomSource } from '../tasks/random.ts';
import { sampleEpoch } from '../tasks/sample-episode.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { onceEach, type SupportSize } from './measure-by-history.ts';
import {
  checkScores,
  type MetricName,
  meanAbsoluteError,
  normalizedDiscountedGain,
  rootMeanSquaredError,
} from './metrics.ts';

export interface RatingEvaluationOptions {
  readonly seed?: number;
  readonly episodes?: RatingEpisodes;
  /** How many times each task is divided at random into a support set and a query set. Default: 1. */
  readonly splits?: number;
  readonly signal?: AbortSignal | undefined;
}

export type RatingEpisodes = Pick<EpisodeOptions, 'supportPairs' | 'queryPairs' | 'minimumPairs'>;

/** The test protocol of the paper's authors on MovieLens-1M. */
const paperEpisodes: RatingEpisodes = { supportPairs: 90, queryPairs: 10, minimumPairs: 13 };

const metrics = {
  mae: meanAbsoluteError,
  rmse: rootMeanSquaredError,
  ndcg1: (scores, labels) => normalizedDiscountedGain(scores, labels, 1),
  ndcg3: (scores, labels) => normalizedDiscountedGain(scores, labels, 3),
} as const satisfies Partial<Record<MetricName, (scores: Float32Array, labels: Float32Array) => number>>;

const ratingMetricNames = Object.keys(metrics) as readonly (keyof typeof metrics)[];
export type RatingMetrics = Readonly<Record<keyof typeof metrics, number>>;

/** Each metric is the mean over episodes of its value on the query set. It is NaN if there are no tasks. */
export interface RatingEvaluation extends RatingMetrics {
  readonly tasks: number;
}

/**
 * Evaluates a recommender on users it was not trained on, leaving out those with too short a history. It embeds, adapts
 * and scores as in serving. The support sets have at most `maxSupportPairs` pairs, by default all. The query sets do
 * not depend on that number.
 */
export async function evaluateRatings(
  recommender: ScoringModel,
  data: TrainingData,
  { maxSupportPairs = Infinity, ...options }: RatingEvaluationOptions & { readonly maxSupportPairs?: number } = {},
): Promise<RatingEvaluation> {
  const [evaluation] = await evaluateRatingsAtSizes(recommender, data, [() => maxSupportPairs], options);
  return evaluation as RatingEvaluation;
}

/**
 * Evaluates like `evaluateRatings`, once for each support size. The query sets are the same for all sizes. Throws the
 * signal's reason when it aborts.
 */
export async function evaluateRatingsAtSizes(
  recommender: ScoringModel,
  data: TrainingData,
  sizes: readonly SupportSize[],
  { seed = 1, episodes = paperEpisodes, splits = 1, signal }: RatingEvaluationOptions = {},
): Promise<readonly RatingEvaluation[]> {
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
  const totals = sizes.map(() => ({ episodes: 0, mae: 0, rmse: 0, ndcg1: 0, ndcg3: 0 }));
  for (let split = 0; split < splits; split++) {
    let task = 0;
    for (const episode of sampleEpoch(batch, data, tasks, options, random)) {
      const measured = onceEach((size) => measure(recommender, { users, items }, episode, size));
      const available = pairsOf(episode.support);
      for (const [at, sizeOf] of sizes.entries()) {
        const size = sizeOf(available, task);
        if (size === undefined) continue;
        const values = await measured(Math.min(available, size, recommender.supportLimit));
        const total = totals[at] as (typeof totals)[number];
        total.episodes += 1;
        for (const name of ratingMetricNames) total[name] += values[name];
      }
      task += 1;
      signal?.throwIfAborted();
    }
  }
  return totals.map(({ episodes, ...sums }) => {
    for (const name of ratingMetricNames) sums[name] /= episodes;
    return { tasks: episodes / splits, ...sums };
  });
}

/**
 * Returns a model whose scores are the ratings that a model predicts, beside its scores or as its scores; `undefined` if it
 * predicts none.
 */
export function ratingModel(model: ScoringModel): ScoringModel | undefined {
  const { ratings } = model;
  if (!ratings) return model.predictsLabels ? model : undefined;
  return {
    schema: model.schema,
    supportLimit: model.supportLimit,
    support: model.support,
    predictsLabels: true,
    embedUsers: (features) => model.embedUsers(features),
    embedItems: (features) => model.embedItems(features),
    adapt: (support, earlier) => ratings.adapt(support, earlier),
    score: (adaptation, _user, items) => ratings.predict(adaptation, items),
  };
}

/** Scores the query set of the only task in a batch, adapted to the first `size` of its support pairs. */
async function measure(
  recommender: ScoringModel,
  { users, items }: { users: Embeddings; items: Embeddings },
  { support, query }: EpisodeBatch,
  size: number,
): Promise<RatingMetrics> {
  const user = selectEmbeddings(users, support.users);
  const adaptation = await recommender.adapt({
    users: user,
    items: selectEmbeddings(items, support.items.subarray(0, size)),
    labels: support.labels.subarray(0, size),
    ...(recommender.support === 'feedback' && { types: new Uint8Array(size).fill(typeIndex('RATE')) }),
  });
  const scores = checkScores(await recommender.score(adaptation, user, selectEmbeddings(items, query.items)));
  await setImmediate();
  const values = ratingMetricNames.map((name) => [name, metrics[name](scores, query.labels)]);
  return Object.fromEntries(values) as RatingMetrics;
}

function pairsOf({ mask }: EpisodeBatch['support']): number {
  return mask.reduce((sum, one) => sum + one, 0);
}
