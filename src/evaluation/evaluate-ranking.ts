import { setImmediate } from 'node:timers/promises';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings, Recommender } from '../models/recommender.ts';
import { type Random, randomSource } from '../tasks/random.ts';
import { drawNegative, type EpisodeOptions, type NegativeSource } from '../tasks/sample-episode.ts';
import { SeenItems } from '../tasks/seen-items.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { checkScores } from './check-scores.ts';
import { recall } from './metrics.ts';
import type { RankingTask } from './ranking-task.ts';

export interface RankingEvaluationOptions {
  readonly seed?: number;
  readonly episodes: Pick<EpisodeOptions, 'supportPairs' | 'negatives'>;
}

/** Recall@N: the mean over users of the share of their items that are among the first N. */
export interface RankingMetrics {
  readonly recall10: number;
  readonly recall20: number;
  readonly recall50: number;
}

export interface RankingEvaluation extends RankingMetrics {
  /** Users, each counted in every task in which something is to be found for them. */
  readonly queries: number;
}

/**
 * Evaluates a recommender on tasks it was not trained on: it is adapted to a task's support pairs, with negatives drawn
 * beside them as in its training, and ranks all candidates of the task for each user. A model without a `supportLimit`
 * sees all support pairs. `data` says what is known of users and items, and which items are no negatives of a user.
 */
export async function evaluateRanking(
  recommender: Recommender,
  data: TrainingData,
  tasks: Iterable<RankingTask>,
  { seed = 1, episodes }: RankingEvaluationOptions,
): Promise<RankingEvaluation> {
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const negatives = { items: data.items.rows, seen: new SeenItems(data) };
  const random = randomSource(seed);
  const totals = { queries: 0, recall10: 0, recall20: 0, recall50: 0 };
  for (const task of tasks) {
    const support = supportSet(task, recommender, episodes, negatives, random);
    const adaptation = await recommender.adapt({
      users: selectEmbeddings(users, support.users),
      items: selectEmbeddings(items, support.items),
      labels: Float32Array.from(support.labels),
    });
    await rank(recommender, task, { adaptation, users, items }, totals);
  }
  const { queries } = totals;
  return {
    queries,
    recall10: totals.recall10 / queries,
    recall20: totals.recall20 / queries,
    recall50: totals.recall50 / queries,
  };
}

/** Positives first, then their negatives, as episodes have them. */
function supportSet(
  { support, candidates }: RankingTask,
  { supportLimit }: Recommender,
  { supportPairs, negatives }: RankingEvaluationOptions['episodes'],
  source: NegativeSource,
  random: Random,
): { users: number[]; items: number[]; labels: number[] } {
  const most = Number.isFinite(supportLimit) ? supportPairs : Infinity;
  const users = [...support.users.subarray(0, most)];
  const items = [...support.items.subarray(0, most)];
  const labels = users.map(() => 1);
  if (negatives !== 'both' || !Number.isFinite(supportLimit)) return { users, items, labels };
  for (const user of support.users.subarray(0, most)) {
    const item = drawNegative(candidates, user, source, random);
    if (item === undefined) continue;
    users.push(user);
    items.push(item);
    labels.push(0);
  }
  return { users, items, labels };
}

interface Adapted {
  readonly adaptation: Adaptation;
  readonly users: Embeddings;
  readonly items: Embeddings;
}

async function rank(
  recommender: Recommender,
  { candidates, queries }: RankingTask,
  { adaptation, users, items }: Adapted,
  totals: { queries: number; recall10: number; recall20: number; recall50: number },
): Promise<void> {
  const embedded = selectEmbeddings(items, candidates);
  for (const { user, relevant } of queries) {
    const scores = checkScores(
      await recommender.score(adaptation, selectEmbeddings(users, [user]), embedded),
    );
    totals.queries += 1;
    totals.recall10 += recall(scores, relevant, 10);
    totals.recall20 += recall(scores, relevant, 20);
    totals.recall50 += recall(scores, relevant, 50);
    await setImmediate();
  }
}
