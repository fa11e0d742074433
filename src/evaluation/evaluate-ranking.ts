import { setImmediate } from 'node:timers/promises';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings, ScoringModel } from '../models/recommender.ts';
import { type Random, randomSource } from '../tasks/random.ts';
import { drawNegative, type EpisodeOptions, type NegativeSource } from '../tasks/sample-episode.ts';
import { SeenItems } from '../tasks/seen-items.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { checkScores } from './check-scores.ts';
import { recall } from './metrics.ts';
import { onceEach } from './once-each.ts';
import type { RankingTask } from './ranking-task.ts';
import { everything, type ShownPairs } from './shown-pairs.ts';

export interface RankingEvaluationOptions {
  readonly seed?: number;
  readonly episodes: Pick<EpisodeOptions, 'supportPairs' | 'negatives'>;
  readonly signal?: AbortSignal | undefined;
}

const rankingMetricNames = ['recall10', 'recall20', 'recall50'] as const;
const summed = ['queries', ...rankingMetricNames] as const;

/** Recall@N: the mean over users of the share of their items that are among the first N. */
export type RankingMetrics = Readonly<Record<(typeof rankingMetricNames)[number], number>>;

export type RankingEvaluation = RankingMetrics & {
  readonly tasks: number;
  /** Users, each counted in every task in which something is to be found for them. */
  readonly queries: number;
};

/**
 * Evaluates a recommender on tasks it was not trained on: it is adapted to a task's support pairs, with negatives drawn
 * beside them as in its training, and ranks all candidates of the task for each user. A model without a `supportLimit`
 * sees all support pairs. `data` says what is known of users and items, and which items are no negatives of a user.
 */
export async function evaluateRanking(
  recommender: ScoringModel,
  data: TrainingData,
  tasks: Iterable<RankingTask>,
  options: RankingEvaluationOptions,
): Promise<RankingEvaluation> {
  const [evaluation] = await evaluateRankingShowing(recommender, data, tasks, [everything], options);
  return evaluation as RankingEvaluation;
}

/** The same, once for each way of showing support pairs; those shown are the first ones. Throws the signal's reason. */
export async function evaluateRankingShowing(
  recommender: ScoringModel,
  data: TrainingData,
  tasks: Iterable<RankingTask>,
  ways: readonly ShownPairs[],
  { seed = 1, episodes, signal }: RankingEvaluationOptions,
): Promise<readonly RankingEvaluation[]> {
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const negatives = { items: data.items.rows, seen: new SeenItems(data) };
  const random = randomSource(seed);
  const totals = ways.map(() => ({ tasks: 0, queries: 0, recall10: 0, recall20: 0, recall50: 0 }));
  let place = 0;
  for (const task of tasks) {
    const support = drawSupport(task, recommender, episodes, negatives, random);
    const measured = onceEach(async (shown) => {
      const set = firstPairs(support, shown);
      const adaptation = await recommender.adapt({
        users: selectEmbeddings(users, set.users),
        items: selectEmbeddings(items, set.items),
        labels: Float32Array.from(set.labels),
      });
      return rank(recommender, task, { adaptation, users, items }, signal);
    });
    for (const [way, shownOf] of ways.entries()) {
      const shown = shownOf(task.support.users.length, place);
      if (shown === undefined) continue;
      const values = await measured(Math.min(shown, support.users.length));
      const total = totals[way] as (typeof totals)[number];
      total.tasks += 1;
      for (const name of summed) total[name] += values[name];
    }
    place += 1;
  }
  return totals.map(({ tasks, queries, ...sums }) => {
    for (const name of rankingMetricNames) sums[name] /= queries;
    return { tasks, queries, ...sums };
  });
}

interface DrawnSupport {
  readonly users: readonly number[];
  readonly items: readonly number[];
  /** Beside each pair an item of the same user; `undefined` where none was found, and empty where there are to be none. */
  readonly negatives: readonly (number | undefined)[];
}

/** As many pairs as the recommender can be shown, each with its negative. */
function drawSupport(
  { support, candidates }: RankingTask,
  { supportLimit }: ScoringModel,
  { supportPairs, negatives }: RankingEvaluationOptions['episodes'],
  source: NegativeSource,
  random: Random,
): DrawnSupport {
  const most = Number.isFinite(supportLimit) ? supportPairs : Infinity;
  const users = [...support.users.subarray(0, most)];
  const items = [...support.items.subarray(0, most)];
  if (negatives !== 'both' || !Number.isFinite(supportLimit)) return { users, items, negatives: [] };
  return { users, items, negatives: users.map((user) => drawNegative(candidates, user, source, random)) };
}

/** Positives first, then their negatives, as episodes have them. */
function firstPairs({ users, items, negatives }: DrawnSupport, shown: number) {
  const positives = users.slice(0, shown);
  const drawn = [...negatives.slice(0, shown).entries()].filter(([, item]) => item !== undefined);
  return {
    users: [...positives, ...drawn.map(([pair]) => users[pair] as number)],
    items: [...items.slice(0, shown), ...drawn.map(([, item]) => item as number)],
    labels: [...positives.map(() => 1), ...drawn.map(() => 0)],
  };
}

interface Adapted {
  readonly adaptation: Adaptation;
  readonly users: Embeddings;
  readonly items: Embeddings;
}

type RankingSums = RankingMetrics & Pick<RankingEvaluation, 'queries'>;

/** Summed over the users of a task. */
async function rank(
  recommender: ScoringModel,
  { candidates, queries }: RankingTask,
  { adaptation, users, items }: Adapted,
  signal: AbortSignal | undefined,
): Promise<RankingSums> {
  const embedded = selectEmbeddings(items, candidates);
  const sums = { queries: 0, recall10: 0, recall20: 0, recall50: 0 };
  for (const { user, relevant } of queries) {
    const scores = checkScores(
      await recommender.score(adaptation, selectEmbeddings(users, [user]), embedded),
    );
    sums.queries += 1;
    sums.recall10 += recall(scores, relevant, 10);
    sums.recall20 += recall(scores, relevant, 20);
    sums.recall50 += recall(scores, relevant, 50);
    await setImmediate();
    signal?.throwIfAborted();
  }
  return sums;
}
