import { evaluateRanking } from '../evaluation/evaluate-ranking.ts';
import { evaluateRatings } from '../evaluation/evaluate-ratings.ts';
import { hideItems } from '../evaluation/hide-items.ts';
import type { RankingTask } from '../evaluation/ranking-task.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadTrainingData } from '../tasks/load-training-data.ts';
import { randomSource } from '../tasks/random.ts';
import { splitTasks } from '../tasks/split-tasks.ts';
import type { Interactions, Task, TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import { heldOutShare, heldOutStream, type Measurement, type PrepareTraining } from './prepared-training.ts';

/** Of a held-out user's items this share is hidden where the model is to find them. */
const hiddenShare = 0.5;
/** Most users in whose measurement all items are ranked; each costs as much as a list that is served. */
const mostRanked = 1000;

/**
 * Reads the users with enough ratings, or with enough interactions of any type where the recipe's episodes have negatives,
 * and holds some of them out: nothing of theirs is known to the training. Ratings are measured by their errors, other
 * interactions by recall among all items.
 */
export const prepareUserTraining: PrepareTraining = async (database, { recipe, options, mostUsers }) => {
  const { seed, episodes, historyLimit } = options;
  const { minimumPairs, negatives } = episodes;
  const feedback = negatives === 'none' ? 'ratings' : 'any';
  const { ids } = recipe;
  const loaded = await loadTrainingData(database, {
    feedback,
    ids,
    minimumPairs,
    historyLimit,
    mostUsers,
    seed,
  });
  const { eligibleUsers, ...data } = loaded;
  const share = { minimumPairs, validationShare: heldOutShare };
  const { training, validation } = splitTasks(data, share, randomSource(seed, heldOutStream));
  const heldOut = only(data, validation);
  const measure = feedback === 'ratings' ? measureRatings : measureRanking;
  return {
    data: only(data, training),
    heldOutTasks: heldOut.tasks.length,
    eligibleTasks: eligibleUsers,
    measure: (recommender) => measure(recommender, heldOut, options),
  };
};

/** The tasks chosen, with all that their users did, and nothing of what others did. */
function only(data: TrainingData, chosen: Int32Array): TrainingData {
  const tasks = Array.from(chosen, (index) => data.tasks[index] as Task);
  if (!data.interactions) return { ...data, tasks };
  const { users, items } = data.interactions;
  const theirs = new Set(tasks.map((task) => task.users[0] as number));
  const kept = users.map((user) => (theirs.has(user) ? 1 : 0));
  const interactions = {
    users: users.filter((_, pair) => kept[pair] === 1),
    items: items.filter((_, pair) => kept[pair] === 1),
  };
  return { ...data, tasks, interactions };
}

async function measureRatings(
  recommender: Recommender,
  heldOut: TrainingData,
  { seed }: TrainingOptions,
): Promise<Measurement> {
  const measure = async (shownPairs: number) => {
    const { mae, rmse, ...order } = await evaluateRatings(recommender, heldOut, { seed, shownPairs });
    return recommender.predictsLabels ? { mae, rmse, ...order } : order;
  };
  return { metrics: await measure(Infinity), metricsUnadapted: await measure(0) };
}

async function measureRanking(
  recommender: Recommender,
  heldOut: TrainingData,
  { seed, episodes }: TrainingOptions,
): Promise<Measurement> {
  const histories = heldOut.tasks.slice(0, mostRanked);
  const tasks = (shown: boolean) => {
    const hiding = { items: heldOut.items.rows, hiddenShare, shown };
    return hideItems(histories, hiding, randomSource(seed, heldOutStream));
  };
  // What is hidden is not known when negatives are drawn, either.
  const interactions = joinPairs(tasks(true));
  const measure = async (shown: boolean) => {
    const data = { ...heldOut, interactions };
    return { ...(await evaluateRanking(recommender, data, tasks(shown), { seed, episodes })) };
  };
  return { metrics: await measure(true), metricsUnadapted: await measure(false) };
}

function joinPairs(tasks: Iterable<RankingTask>): Interactions {
  const all: { users: number[]; items: number[] } = { users: [], items: [] };
  for (const { support } of tasks) {
    all.users.push(...support.users);
    all.items.push(...support.items);
  }
  return { users: Int32Array.from(all.users), items: Int32Array.from(all.items) };
}
