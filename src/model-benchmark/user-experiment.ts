import { evaluateRatings } from '../evaluation/evaluate-ratings.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import { defaultEpisodes } from '../tasks/episode-options.ts';
import { splitTasks } from '../tasks/held-out.ts';
import { randomSource } from '../tasks/random.ts';
import type { Task, TrainingData } from '../tasks/training-data.ts';
import type { DatasetTables, Ratings } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';

/** The maximum number of ratings of a user. The first ones are used. */
const historyLimit = 100;
/** How many times the ratings of each test user are split into a support set and a query set. */
const splits = 5;
const testShare = 0.2;

/**
 * The paper's user-specific setting: predicts ratings of users that the model was not trained on from their other
 * ratings. The test users are those of `testRatings`, or a random fifth. Users with fewer ratings than an episode needs
 * are left out.
 */
export function userExperiment(
  tables: DatasetTables,
  testRatings: Ratings | undefined,
  { splitSeed, ids }: ExperimentOptions,
): Experiment {
  const { minimumPairs } = defaultEpisodes;
  const given = tasksOf(tables.ratings);
  const { training, validation } = splitTasks(
    { tasks: given },
    { minimumPairs, validationShare: testRatings ? 0 : testShare },
    randomSource(splitSeed),
  );
  const pick = (rows: Int32Array) => Array.from(rows, (row) => given[row] as Task);
  const tests = testRatings ? tasksOf(testRatings) : pick(validation);
  const tasks = pick(training);
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
      const { mae, rmse, ndcg1, ndcg3 } = await evaluateRatings(
        recommender,
        { ...data, tasks: tests },
        { splits, seed: splitSeed },
      );
      return recommender.predictsLabels ? { mae, rmse, ndcg1, ndcg3 } : { ndcg1, ndcg3 };
    },
  };
}

/**
 * Returns a task of each user's first ratings. A later rating of an item replaces an earlier one, because an item must
 * not be in both the support set and the query set.
 */
function tasksOf({ users, items, values }: Ratings): Task[] {
  const ratingsOf = new Map<number, Map<number, number>>();
  for (const [rating, user] of users.entries()) {
    const item = items[rating] as number;
    const ratings = ratingsOf.get(user) ?? new Map<number, number>();
    ratings.delete(item);
    ratingsOf.set(user, ratings.set(item, values[rating] as number));
  }
  return [...ratingsOf].map(([user, ratings]) => {
    const first = [...ratings].slice(0, historyLimit);
    return {
      users: Int32Array.of(user),
      items: Int32Array.from(first, ([item]) => item),
      labels: Float32Array.from(first, ([, value]) => value),
    };
  });
}
