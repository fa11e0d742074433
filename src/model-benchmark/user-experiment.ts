import { evaluateRatings } from '../evaluation/evaluate-ratings.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import { defaultEpisodes } from '../tasks/episode-options.ts';
import { splitTasks } from '../tasks/held-out.ts';
import { randomSource } from '../tasks/random.ts';
import type { Task, TrainingData } from '../tasks/training-data.ts';
import type { DatasetTables, Ratings } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions } from './experiment.ts';

/** Of each user the first this many ratings are used, and users with fewer than the episodes' minimum are left out. */
const historyLimit = 100;
/** How often each test user's ratings are divided anew into a support and a query set. */
const splits = 5;
const testShare = 0.2;

/**
 * The paper's user-specific setting: ratings of users never trained on are predicted from some of their others. The test
 * users are those of `testRatings`, or a random fifth.
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
 * A task of each user who rated, of the user's first ratings. A later rating of an item replaces an earlier one: what is
 * asked must not have been shown.
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
