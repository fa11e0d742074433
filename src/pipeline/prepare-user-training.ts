import { positiveFrom } from '../catalog/interaction-value.ts';
import type { ListsByShown } from '../evaluation/evaluate-lists.ts';
import { historyOfLists } from '../evaluation/history-of-lists.ts';
import { unmeasured } from '../evaluation/measure-by-history.ts';
import { popularityBaseline } from '../evaluation/popularity-baseline.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { historyOf } from '../training/training-recipe.ts';
import { type HeldOutUsers, heldOutUsers } from './held-out-users.ts';
import { loadUserData } from './load-user-data.ts';
import { type MeasuredFeedback, measureGoal, suitsGoal } from './measure-goal.ts';
import { type ListMeasuring, listMeasuring } from './measure-user-lists.ts';
import {
  type HeldOutMeasurement,
  heldOutShare,
  type PreparedTraining,
  type PrepareTraining,
} from './prepared-training.ts';

/**
 * Reads the users with enough ratings, or with enough interactions of any type if the recipe learns from these (see
 * `historyOf`), and holds some of them out, so that the training does not know their interactions. Every model is
 * measured by the lists that it makes for them with a few or all interactions shown, see `evaluateLists`. Models of
 * ratings or of positive interactions are also measured by what they were trained for, see `measureGoal`.
 */
export const prepareUserTraining: PrepareTraining = async (database, { recipe, maxUsers, ratingScale, onIgnored }) => {
  const { ids, options } = recipe;
  const { seed, episodes, historyLimit } = options;
  const { minimumPairs } = episodes;
  const feedback = historyOf(recipe);
  const from = positiveFrom(ratingScale);
  const episode = { feedback, minimumPairs, historyLimit, positiveFrom: from } as const;
  const loaded = await loadUserData(database, { ...episode, ids, maxUsers, heldOutShare, seed, onIgnored });
  const { eligibleUsers, entities: _, heldOut: __, ignoredByHeldOut: ___, whole, ...data } = loaded;
  const heldOut = heldOutUsers(loaded);
  const lists = await listMeasuring({ ...data, tasks: whole.training }, heldOut, from);
  const measuring = feedback === 'typed' ? measuredByLists(lists) : measuredByGoal(data, heldOut, { feedback, lists });
  return { data, eligibleTasks: eligibleUsers, activeVersion: { metrics: 'measuredAgain' }, ...measuring };
};

/** How models are measured on the held-out users. */
type Measuring = Omit<PreparedTraining, 'data' | 'eligibleTasks' | 'activeVersion'>;

function measuredByLists(lists: ListMeasuring): Measuring {
  const summarize = (measured: ListsByShown): HeldOutMeasurement => ({
    ...historyOfLists(measured),
    lists: measured,
  });
  return {
    heldOutTasks: lists.users,
    measure: async (recommender, signal) => summarize(await lists.measure(recommender, signal)),
    measurePopularity: async (signal) => summarize(await lists.measurePopularity(signal)),
    measureItemKnn: lists.measureItemKnn,
  };
}

function measuredByGoal(
  data: TrainingData,
  heldOut: HeldOutUsers,
  { feedback, lists }: { readonly feedback: MeasuredFeedback; readonly lists: ListMeasuring },
): Measuring {
  const withLists = lists.users > 0;
  return {
    heldOutTasks: heldOut.tasks.length,
    async measure(recommender, signal) {
      const suits = suitsGoal(feedback, recommender);
      const measured = suits ? await measureGoal(feedback, recommender, heldOut, signal) : unmeasured;
      return { ...measured, ...(withLists && { lists: await lists.measure(recommender, signal) }) };
    },
    async measurePopularity(signal) {
      const measured = await measureGoal(feedback, await popularityBaseline(data, feedback), heldOut, signal);
      return { ...measured, ...(withLists && { lists: await lists.measurePopularity(signal) }) };
    },
    ...(withLists && { measureItemKnn: lists.measureItemKnn }),
  };
}
