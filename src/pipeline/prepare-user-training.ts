import { setImmediate } from 'node:timers/promises';
import { positiveFrom } from '../catalog/interaction-value.ts';
import { evaluateRankingAtSizes } from '../evaluation/evaluate-ranking.ts';
import { evaluateRatingsAtSizes } from '../evaluation/evaluate-ratings.ts';
import { listTasks } from '../evaluation/list-tasks.ts';
import { type MeasurementByHistory, measureByHistory } from '../evaluation/measure-by-history.ts';
import { historyOfLists, measureLists } from '../evaluation/measure-lists.ts';
import { popularityBaseline } from '../evaluation/popularity-baseline.ts';
import { hideItems, type RankingTask } from '../evaluation/ranking-tasks.ts';
import type { ScoringModel, SupportKind } from '../models/recommender.ts';
import { type Entities, encodeBy } from '../tasks/encode-known.ts';
import { randomSource } from '../tasks/random.ts';
import type { FeedbackKind, Interactions, Pairs, Task, TrainingData } from '../tasks/training-data.ts';
import { historyOf } from '../training/training-recipe.ts';
import { itemKnnBaseline } from './item-knn-baseline.ts';
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
/** Maximum number of users whose lists of whole histories are measured. Each costs up to seven lists of each model. */
const maxListed = 300;

/**
 * Reads the users with enough ratings, or with enough interactions of any type if the recipe learns from these (see
 * `historyOf`), and holds some of them out, so that the training does not know their interactions. Ratings are measured
 * by their errors, positive interactions by recall among all items, and models of whole histories by the lists that they
 * make with a few or all interactions shown, see `measureLists`.
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
  const heldOut = separateUsers(tasks, ignoredByHeldOut, entities);
  const measuring = feedback === 'typed' ? listMeasuring(data, heldOut, from) : rankMeasuring(data, heldOut, feedback);
  return { data, eligibleTasks: eligibleUsers, ...measuring };
};

/** How models are measured on the held-out users. */
type Measuring = Omit<PreparedTraining, 'data' | 'eligibleTasks'>;

function rankMeasuring(data: TrainingData, heldOut: HeldOutUsers, feedback: 'ratings' | 'any'): Measuring {
  const measure: PreparedTraining['measure'] = (recommender, signal) =>
    measurements[feedback](recommender, heldOut, signal);
  return {
    heldOutTasks: heldOut.tasks.length,
    measure,
    activeVersion: {
      metrics: 'measuredAgain',
      canMeasure: ({ support, kind }) => kind === popularityKind || supportsOf[feedback].includes(support),
    },
    measurePopularity: async (signal) => measure(await popularityBaseline(data, feedback), signal),
  };
}

/** Every kind of model makes lists, so every active version can be measured. */
function listMeasuring(data: TrainingData, { tasks, ...users }: HeldOutUsers, positiveFrom: number): Measuring {
  const lists = listTasks(tasks, { positiveFrom, seed }).slice(0, maxListed);
  const measure: PreparedTraining['measure'] = async (recommender, signal) => {
    const encoded = await encodeBy(recommender.schema, users);
    const measured = await measureLists(recommender, encoded, lists, { positiveFrom, seed, signal });
    return { ...historyOfLists(measured), lists: measured };
  };
  return {
    heldOutTasks: lists.length,
    measure,
    activeVersion: { metrics: 'measuredAgain', canMeasure: () => true },
    measurePopularity: async (signal) => measure(await popularityBaseline(data, 'typed'), signal),
    async measureItemKnn(engine, signal) {
      const itemKnn = await itemKnnBaseline({ data, items: users.items, positiveFrom, engine, signal });
      try {
        return itemKnn && (await measure(itemKnn, signal));
      } finally {
        itemKnn?.dispose();
      }
    },
  };
}

/** The support sets that models can adapt to when histories have ratings alone, or positives of any type. */
const supportsOf: Readonly<Record<'ratings' | 'any', readonly SupportKind[]>> = {
  ratings: ['labels'],
  any: ['positives', 'positivesAndNegatives'],
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

const measurements = { ratings: measureRatings, any: measureRanking } satisfies Partial<Record<FeedbackKind, Measure>>;

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
