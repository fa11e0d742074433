import { setImmediate } from 'node:timers/promises';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Embeddings, ScoringModel } from '../models/recommender.ts';
import { allocateBatch, type EpisodeBatch } from '../tasks/episode-batch.ts';
import { randomSource } from '../tasks/random.ts';
import { defaultEpisodes, type EpisodeOptions } from '../tasks/sample-episode.ts';
import { sampleEpoch } from '../tasks/sample-epoch.ts';
import { splitTasks } from '../tasks/split-tasks.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { checkScores } from './check-scores.ts';
import { meanAbsoluteError, normalisedDiscountedGain, rootMeanSquaredError } from './metrics.ts';
import { onceEach } from './once-each.ts';
import type { ShownPairs } from './shown-pairs.ts';

export interface RatingEvaluationOptions {
  readonly seed?: number;
  readonly episodes?: RatingEpisodes;
  /** How often each task is divided anew into a support and a query set. */
  readonly splits?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ShownRatingsOptions extends RatingEvaluationOptions {
  /** Most support pairs the recommender is shown, by default all; the query sets do not depend on it. */
  readonly shownPairs?: number;
}

export type RatingEpisodes = Pick<EpisodeOptions, 'supportPairs' | 'queryPairs' | 'minimumPairs'>;

/** How the paper's authors tested on MovieLens-1M. */
const paperEpisodes: RatingEpisodes = { supportPairs: 90, queryPairs: 10, minimumPairs: 13 };

const ratingMetricNames = ['mae', 'rmse', 'ndcg1', 'ndcg3'] as const;
export type RatingMetrics = Readonly<Record<(typeof ratingMetricNames)[number], number>>;

/** Each metric is the mean over episodes of its value over the episode's query set; without tasks there are none. */
export interface RatingEvaluation extends RatingMetrics {
  readonly tasks: number;
}

/**
 * Evaluates a recommender on users it was not trained on, whose histories are long enough. It embeds, adapts and
 * scores as it does when serving.
 */
export async function evaluateRatings(
  recommender: ScoringModel,
  data: TrainingData,
  { shownPairs = Infinity, ...options }: ShownRatingsOptions = {},
): Promise<RatingEvaluation> {
  const [evaluation] = await evaluateRatingsShowing(recommender, data, [() => shownPairs], options);
  return evaluation as RatingEvaluation;
}

/** The same, once for each way of showing support pairs; the query sets are the same for all. Throws the signal's reason. */
export async function evaluateRatingsShowing(
  recommender: ScoringModel,
  data: TrainingData,
  ways: readonly ShownPairs[],
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
  const totals = ways.map(() => ({ episodes: 0, mae: 0, rmse: 0, ndcg1: 0, ndcg3: 0 }));
  for (let split = 0; split < splits; split++) {
    let task = 0;
    for (const episode of sampleEpoch(batch, data, tasks, options, random)) {
      const measured = onceEach((shown) => measure(recommender, { users, items }, episode, shown));
      const available = pairsOf(episode.support);
      for (const [way, shownOf] of ways.entries()) {
        const shown = shownOf(available, task);
        if (shown === undefined) continue;
        const values = await measured(Math.min(available, shown, recommender.supportLimit));
        const total = totals[way] as (typeof totals)[number];
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

const metrics: Record<keyof RatingMetrics, (scores: Float32Array, labels: Float32Array) => number> = {
  mae: meanAbsoluteError,
  rmse: rootMeanSquaredError,
  ndcg1: (scores, labels) => normalisedDiscountedGain(scores, labels, 1),
  ndcg3: (scores, labels) => normalisedDiscountedGain(scores, labels, 3),
};

/** Scores the query set of the only task in a batch, shown so many of its support pairs. */
async function measure(
  recommender: ScoringModel,
  { users, items }: { users: Embeddings; items: Embeddings },
  { support, query }: EpisodeBatch,
  shown: number,
): Promise<RatingMetrics> {
  const user = selectEmbeddings(users, support.users);
  const adaptation = await recommender.adapt({
    users: user,
    items: selectEmbeddings(items, support.items.subarray(0, shown)),
    labels: support.labels.subarray(0, shown),
  });
  const scores = checkScores(await recommender.score(adaptation, user, selectEmbeddings(items, query.items)));
  await setImmediate();
  const values = ratingMetricNames.map((name) => [name, metrics[name](scores, query.labels)]);
  return Object.fromEntries(values) as RatingMetrics;
}

function pairsOf({ mask }: EpisodeBatch['support']): number {
  return mask.reduce((sum, one) => sum + one, 0);
}
