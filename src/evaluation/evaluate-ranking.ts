import { setImmediate } from 'node:timers/promises';
import { type Adaptation, type Embeddings, type ScoringModel, selectEmbeddings } from '../models/recommender.ts';
import type { EpisodeOptions } from '../tasks/episode-options.ts';
import { drawNegative, type NegativeSource, SeenItems } from '../tasks/negatives.ts';
import { type Random, randomSource } from '../tasks/random.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { fullSupport, onceEach, type SupportSize } from './measure-by-history.ts';
import { checkScores, type MetricName, recall } from './metrics.ts';
import type { RankingTask } from './ranking-tasks.ts';

export interface RankingEvaluationOptions {
  readonly seed?: number;
  readonly episodes: Pick<EpisodeOptions, 'supportPairs' | 'negatives'>;
  readonly signal?: AbortSignal | undefined;
}

/** The number of items N that each Recall@N is about. */
const lengths = { recall10: 10, recall20: 20, recall50: 50, recall100: 100 } as const satisfies Partial<
  Record<MetricName, number>
>;

export const rankingMetricNames = Object.keys(lengths) as readonly (keyof typeof lengths)[];
const summed = ['queries', ...rankingMetricNames] as const;

/** Recall@N: the mean over users of the share of their relevant items that are ranked among the first N. */
export type RankingMetrics = Readonly<Record<keyof typeof lengths, number>>;

export type RankingEvaluation = RankingMetrics & {
  readonly tasks: number;
  /** The number of users. A user counts once in each task that has relevant items for them. */
  readonly queries: number;
};

/**
 * Evaluates a recommender on tasks it was not trained on. The recommender adapts to the support pairs of a task, with
 * negatives drawn as in its training, and ranks all candidates of the task for each user. A model without a
 * `supportLimit` gets all support pairs.
 *
 * `data` has the features of users and items. Its interactions are never drawn as negatives.
 */
export async function evaluateRanking(
  recommender: ScoringModel,
  data: TrainingData,
  tasks: Iterable<RankingTask>,
  options: RankingEvaluationOptions,
): Promise<RankingEvaluation> {
  const [evaluation] = await evaluateRankingAtSizes(recommender, data, tasks, [fullSupport], options);
  return evaluation as RankingEvaluation;
}

/**
 * Evaluates like `evaluateRanking`, once for each support size. A smaller support set has the first pairs of the full
 * one. Throws the signal's reason when it aborts.
 */
export async function evaluateRankingAtSizes(
  recommender: ScoringModel,
  data: TrainingData,
  tasks: Iterable<RankingTask>,
  sizes: readonly SupportSize[],
  { seed = 1, episodes, signal }: RankingEvaluationOptions,
): Promise<readonly RankingEvaluation[]> {
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const negatives = { items: data.items.rows, seen: new SeenItems(data) };
  const random = randomSource(seed);
  const totals = sizes.map(() => ({ tasks: 0, ...noSums }));
  let index = 0;
  for (const task of tasks) {
    const support = drawSupport(task, recommender, episodes, negatives, random);
    const measured = onceEach(async (size) => {
      const set = firstPairs(support, size);
      const adaptation = await recommender.adapt({
        users: selectEmbeddings(users, set.users),
        items: selectEmbeddings(items, set.items),
        labels: Float32Array.from(set.labels),
      });
      return rank(recommender, task, { adaptation, users, items }, signal);
    });
    for (const [at, sizeOf] of sizes.entries()) {
      const size = sizeOf(task.support.users.length, index);
      if (size === undefined) continue;
      const values = await measured(Math.min(size, support.users.length));
      const total = totals[at] as (typeof totals)[number];
      total.tasks += 1;
      for (const name of summed) total[name] += values[name];
    }
    index += 1;
  }
  return totals.map(({ tasks, queries, ...sums }) => {
    for (const name of rankingMetricNames) sums[name] /= queries;
    return { tasks, queries, ...sums };
  });
}

interface DrawnSupport {
  readonly users: readonly number[];
  readonly items: readonly number[];
  /**
   * An item for the user of each pair, or `undefined` if none was found. Empty if episodes have no support negatives.
   */
  readonly negatives: readonly (number | undefined)[];
}

/** As many pairs as the recommender accepts, each with its negative. */
function drawSupport(
  { support, candidates }: RankingTask,
  { supportLimit }: ScoringModel,
  { supportPairs, negatives }: RankingEvaluationOptions['episodes'],
  source: NegativeSource,
  random: Random,
): DrawnSupport {
  const max = Number.isFinite(supportLimit) ? supportPairs : Infinity;
  const users = [...support.users.subarray(0, max)];
  const items = [...support.items.subarray(0, max)];
  if (negatives !== 'both' || !Number.isFinite(supportLimit)) return { users, items, negatives: [] };
  return { users, items, negatives: users.map((user) => drawNegative(candidates, user, source, random)) };
}

/** Positives first and then their negatives, in the order of an episode. */
function firstPairs({ users, items, negatives }: DrawnSupport, size: number) {
  const positives = users.slice(0, size);
  const drawn = [...negatives.slice(0, size).entries()].filter(([, item]) => item !== undefined);
  return {
    users: [...positives, ...drawn.map(([pair]) => users[pair] as number)],
    items: [...items.slice(0, size), ...drawn.map(([, item]) => item as number)],
    labels: [...positives.map(() => 1), ...drawn.map(() => 0)],
  };
}

interface Adapted {
  readonly adaptation: Adaptation;
  readonly users: Embeddings;
  readonly items: Embeddings;
}

const noSums: Record<(typeof summed)[number], number> = {
  queries: 0,
  recall10: 0,
  recall20: 0,
  recall50: 0,
  recall100: 0,
};

/** Returns the sums of the metrics over the users of a task. */
async function rank(
  recommender: ScoringModel,
  { candidates, queries }: RankingTask,
  { adaptation, users, items }: Adapted,
  signal: AbortSignal | undefined,
): Promise<RankingMetrics & Pick<RankingEvaluation, 'queries'>> {
  const embedded = selectEmbeddings(items, candidates);
  const sums = { ...noSums };
  for (const { user, relevant } of queries) {
    const scores = checkScores(await recommender.score(adaptation, selectEmbeddings(users, [user]), embedded));
    sums.queries += 1;
    for (const name of rankingMetricNames) sums[name] += recall(scores, relevant, lengths[name]);
    await setImmediate();
    signal?.throwIfAborted();
  }
  return sums;
}
