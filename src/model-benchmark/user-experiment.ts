import { evaluateRatings, ratingModel } from '../evaluation/evaluate-ratings.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import { defaultEpisodes } from '../tasks/episode-options.ts';
import { splitTasks } from '../tasks/held-out.ts';
import { randomSource } from '../tasks/random.ts';
import type { Task, TrainingData } from '../tasks/training-data.ts';
import type { DatasetTables, InteractionTable } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';
import { userTasks } from './user-tasks.ts';

/** The maximum number of ratings of a user. The first ones are used. */
const historyLimit = 100;
/** How many times the ratings of each test user are split into a support set and a query set. */
const splits = 5;
const testShare = 0.2;

export interface UserExperimentOptions extends ExperimentOptions {
  /** Maximum number of ratings of a test user that models adapt to. Default: all but the predicted ones. */
  readonly shown?: number | undefined;
  /** The share of the training users whose ratings train. Default: 1. The test users stay the same. */
  readonly trainingShare?: number | undefined;
}

/**
 * The paper's user-specific setting: predicts ratings of users that the model was not trained on from their other
 * ratings. The test users are those of `testRatings`, or a random fifth. Users with fewer ratings than an episode needs
 * are left out.
 */
export function userExperiment(
  tables: DatasetTables,
  testRatings: InteractionTable | undefined,
  { splitSeed, ids, shown = Infinity, trainingShare = 1 }: UserExperimentOptions,
): Experiment {
  const { minimumPairs } = defaultEpisodes;
  const given = userTasks(tables.interactions, { feedback: 'ratings', limit: historyLimit });
  const { training, validation } = splitTasks(
    { tasks: given },
    { minimumPairs, validationShare: testRatings ? 0 : testShare },
    randomSource(splitSeed),
  );
  const pick = (rows: Int32Array) => Array.from(rows, (row) => given[row] as Task);
  const tests = testRatings ? userTasks(testRatings, { feedback: 'ratings', limit: historyLimit }) : pick(validation);
  const tasks = pick(training.subarray(0, Math.round(training.length * trainingShare)));
  const known = {
    users: Int32Array.from(tasks.flatMap(({ users, items }) => Array.from(items, () => users[0] as number))),
    items: Int32Array.from(tasks.flatMap(({ items }) => [...items])),
  };
  const data: TrainingData = { taskKind: 'USER', ...encodeKnown(tables, { known, ids }), tasks };
  return {
    data,
    minimumPairs,
    trainingTasks: tasks.length,
    testTasks: tests.filter(({ items }) => items.length >= minimumPairs).length,
    async evaluate(recommender) {
      const predicting = ratingModel(recommender);
      const { mae, rmse, ndcg1, ndcg3 } = await evaluateRatings(
        predicting ?? recommender,
        { ...data, tasks: tests },
        { splits, seed: splitSeed, maxSupportPairs: shown },
      );
      return { metrics: predicting ? { mae, rmse, ndcg1, ndcg3 } : { ndcg1, ndcg3 } };
    },
  };
}
