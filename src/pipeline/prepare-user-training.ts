import { setImmediate } from 'node:timers/promises';
import { positiveFrom } from '../catalog/interaction-value.ts';
import { evaluateRankingAtSizes } from '../evaluation/evaluate-ranking.ts';
import { evaluateRatingsAtSizes } from '../evaluation/evaluate-ratings.ts';
import { type MeasurementByHistory, measureByHistory } from '../evaluation/measure-by-history.ts';
import { popularityBaseline } from '../evaluation/popularity-baseline.ts';
import { hideItems, type RankingTask } from '../evaluation/ranking-tasks.ts';
import type { ScoringModel } from '../models/recommender.ts';
import { type Entities, encodeBy } from '../tasks/encode-known.ts';
import { positivePairs } from '../tasks/positives.ts';
import { randomSource } from '../tasks/random.ts';
import type { FeedbackKind, Interactions, Pairs, Task } from '../tasks/training-data.ts';
import { historyOf } from '../training/training-recipe.ts';
import { loadUserData } from './load-user-data.ts';
import {
  heldOutShare,
  type PreparedTraining,
  type PrepareTraining,
  measurementSeed as seed,
} from './prepared-training.ts';
import { joinPairs } from './read-stored-data.ts';

/** The share of a held-out user's items that are hidden, for models that rank. */
const hiddenShare = 0.5;
/** Maximum number of users measured for each length of history. Each costs as much as serving a list. */
const maxRankedByHistory = 200;

/**
 * Reads the users with enough ratings, or with enough interactions of any type if the recipe learns from these (see
 * `historyOf`), and holds some of them out, so that the training does not know their interactions. Ratings are measured
 * by their errors, positive interactions by recall among all items.
 */
export const prepareUserTraining: PrepareTraining = async (database, { recipe, maxUsers, ratingScale }) => {
  const { ids, options } = recipe;
  const { seed, episodes, historyLimit } = options;
  const { minimumPairs } = episodes;
  const feedback = historyOf(recipe);
  const from = positiveFrom(ratingScale);
  const episode = { feedback, minimumPairs, historyLimit, positiveFrom: from } as const;
  const loading = { ...episode, ids, maxUsers, heldOutShare, seed };
  const { eligibleUsers, entities, heldOut: tasks, ignoredByHeldOut, ...data } = await loadUserData(database, loading);
  const heldOut =
    feedback === 'typed'
      ? separateUsers(onlyPositives(tasks, from), [], entities)
      : separateUsers(tasks, ignoredByHeldOut, entities);
  const measure: PreparedTraining['measure'] = (recommender, signal) =>
    measurements[feedback](recommender, heldOut, signal);
  return {
    data,
    heldOutTasks: heldOut.tasks.length,
    eligibleTasks: eligibleUsers,
    measure,
    activeVersion: {
      metrics: 'measuredAgain',
      canMeasure: ({ support, kind }) => kind === popularityKind || (feedback === 'ratings') === (support === 'labels'),
    },
    measurePopularity: async (signal) => measure(await popularityBaseline(data, feedback), signal),
  };
};

/** The only kind of model that reads ratings and other interactions alike. */
const popularityKind = 'itemPopularity';

interface HeldOutUsers extends Pick<Entities, 'users' | 'items'> {
  readonly tasks: readonly Task[];
  readonly ignored: Pairs;
}

/** Reduces the data to the users of the tasks, so that the rest can be freed during the training. */
function separateUsers(
  tasks: readonly Task[],
  ignored: readonly Int32Array[],
  { users, items }: Pick<Entities, 'users' | 'items'>,
): HeldOutUsers {
  const ownUsers = tasks.map((task) => users[task.users[0] as number] as Entities['users'][number]);
  return {
    users: ownUsers,
    items,
    tasks: tasks.map((task, row) => ({ ...task, users: Int32Array.of(row) })),
    ignored: joinPairs(ignored.map((own, row) => ({ users: new Int32Array(own.length).fill(row), items: own }))),
  };
}

/** Returns the items that the users of typed tasks like, each once. Users who like fewer than two cannot be measured. */
function onlyPositives(tasks: readonly Task[], positiveFrom: number): Task[] {
  return tasks.flatMap((task) => {
    const items = Int32Array.from(new Set(positivePairs(task, positiveFrom).map((pair) => task.items[pair] as number)));
    return items.length < 2 ? [] : [{ users: task.users, items, labels: new Float32Array(items.length).fill(1) }];
  });
}

type Measure = (
  recommender: ScoringModel,
  heldOut: HeldOutUsers,
  signal: AbortSignal | undefined,
) => Promise<MeasurementByHistory>;

const measureRatings: Measure = async (recommender, { tasks, ignored: _, ...entities }, signal) => {
  const encoded = await encodeBy(recommender.schema, entities);
  const data = { taskKind: 'USER' as const, ...encoded, tasks };
  return measureByHistory(
    async (sizes) => {
      const measured = await evaluateRatingsAtSizes(recommender, data, sizes, { seed, signal });
      return measured.map(({ mae, rmse, ...order }) => (recommender.predictsLabels ? { mae, rmse, ...order } : order));
    },
    { seed },
  );
};

const measureRanking: Measure = async (recommender, { tasks, ignored, ...entities }, signal) => {
  const encoded = await encodeBy(recommender.schema, entities);
  const ranked = () => hideItems(tasks, { items: entities.items.length, hiddenShare }, randomSource(seed));
  // Only the support pairs are known, so hidden items can be drawn as negatives.
  const data = { taskKind: 'USER' as const, ...encoded, tasks, interactions: await supportPairs(ranked()), ignored };
  const options = { seed, episodes: supportOptions(recommender), signal };
  return measureByHistory((sizes) => evaluateRankingAtSizes(recommender, data, ranked(), sizes, options), {
    seed,
    maxByHistory: maxRankedByHistory,
  });
};

const measurements: Record<FeedbackKind, Measure> = {
  ratings: measureRatings,
  any: measureRanking,
  typed: measureRanking,
};

/** Returns options for the kind of support set that the model was trained with. */
function supportOptions({ support, supportLimit }: ScoringModel) {
  const withNegatives = support === 'positivesAndNegatives';
  return {
    supportPairs: withNegatives ? supportLimit / 2 : supportLimit,
    negatives: withNegatives ? ('both' as const) : ('query' as const),
  };
}

async function supportPairs(tasks: Iterable<RankingTask>): Promise<Interactions> {
  const all: { users: number[]; items: number[] } = { users: [], items: [] };
  for (const { support } of tasks) {
    all.users.push(...support.users);
    all.items.push(...support.items);
    await setImmediate();
  }
  return { users: Int32Array.from(all.users), items: Int32Array.from(all.items) };
}
