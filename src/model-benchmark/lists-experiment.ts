import { evaluateLists, type ListData, type ListEvaluation, shownCounts } from '../evaluation/evaluate-lists.ts';
import { drawNewItems, evaluateNewItems, recallByCount } from '../evaluation/evaluate-new-items.ts';
import { type HiddenPart, type ListTask, listTasks } from '../evaluation/list-tasks.ts';
import { encodeEntities } from '../features/encode-features.ts';
import type { ScoringModel } from '../models/recommender.ts';
import { encodeKnown } from '../tasks/encode-known.ts';
import { splitTasks } from '../tasks/held-out.ts';
import { countPositives, defaultPositiveFrom } from '../tasks/positives.ts';
import { randomSource } from '../tasks/random.ts';
import { selectPairs } from '../tasks/select-pairs.ts';
import { type FeedbackKind, interactionsOf, type Task, type TrainingData } from '../tasks/training-data.ts';
import type { DatasetTables, InteractionTable } from './dataset-tables.ts';
import type { Experiment, ExperimentOptions, MeasuredLists, Metrics } from './experiment.ts';
import { learnedHistories } from './learned-histories.ts';
import { userTasks } from './user-tasks.ts';

/** Test users have at least this many interactions: a fifth of fewer would be less than one item. */
export const minimumPairs = 5;
const testShare = 0.2;

export interface ListsOptions {
  /** The rating from which an item is liked. Default: that of the tables, or else see `defaultPositiveFrom`. */
  readonly positiveFrom?: number;
  readonly hide: HiddenPart;
  /** The share of the items that are new: they never train. Default: 0. */
  readonly newItems?: number;
}

export interface ListsExperimentOptions extends ExperimentOptions, ListsOptions {
  /** What the model learns from. */
  readonly feedback: FeedbackKind;
}

/**
 * Lists of all items for users that the model was not trained on. The test users are those of `testRatings`, or a random
 * fifth. A fifth of each test user's items is hidden, and what the user likes of it is to be found. Histories are not
 * cut.
 */
export function listsExperiment(
  tables: DatasetTables,
  testRatings: InteractionTable | undefined,
  { splitSeed, ids, feedback, positiveFrom, hide, newItems = 0 }: ListsExperimentOptions,
): Experiment {
  const { items, known, isNew, tasksOf } = newItemsLast(tables, newItems);
  const { training, tests: histories } = splitUsers(
    tasksOf(tables.interactions),
    testRatings && tasksOf(testRatings),
    splitSeed,
  );
  const positive = positiveFrom ?? tables.positiveFrom ?? defaultPositiveFrom(training);
  const tasks = training.map((task) => firstItems(task, known)).filter((task) => task.items.length > 0);
  const learned = learnedHistories(tasks, feedback, positive);
  const data: TrainingData = {
    taskKind: 'USER',
    ...encodeKnown({ ...tables, items: items.slice(0, known) }, { known: interactionsOf(learned), ids }),
    ...learned,
    positiveFrom: positive,
    ...(tables.typeNames && { typeNames: tables.typeNames }),
  };
  const measured = { ...data, items: encodeEntities(data.schema, 'item', items) };
  const tests = listTasks(histories, { positiveFrom: positive, hide, seed: splitSeed, neverShown: isNew });
  const lists = {
    data: { ...measured, positives: countPositives(tasks, items.length, positive) },
    tests,
    options: { positiveFrom: positive, seed: splitSeed },
  };
  const counts = countItems(interactionsOf({ tasks }).items, items.length);
  return {
    data,
    measured,
    minimumPairs,
    trainingTasks: tasks.length,
    testTasks: tests.length,
    listCounts: { positive, items: items.length, newItems: items.length - known, users: usersByShown(tests) },
    async evaluate(recommender) {
      const base = await measureLists(recommender, lists);
      if (known === items.length) return { metrics: {}, lists: base };
      const parts = await measureNewItems(recommender, lists, { histories, isNew, counts });
      return { metrics: {}, lists: { ...base, newItems: parts } };
    },
  };
}

/** Moves the new items behind the others, so that rows mean the same with and without them. */
function newItemsLast({ items }: Pick<DatasetTables, 'items'>, share: number) {
  const drawn = drawNewItems(
    items.map(({ id }) => id),
    share,
  );
  const order = [...items.keys()].sort((a, b) => (drawn[a] as number) - (drawn[b] as number));
  const rows = new Int32Array(items.length);
  for (const [to, from] of order.entries()) rows[from] = to;
  const known = order.filter((row) => drawn[row] === 0).length;
  return {
    items: order.map((row) => items[row] as DatasetTables['items'][number]),
    /** The number of items that are not new. */
    known,
    isNew: Uint8Array.from(order, (_, row) => (row < known ? 0 : 1)),
    tasksOf: (table: InteractionTable) =>
      userTasks({ ...table, items: table.items.map((item) => rows[item] as number) }, { feedback: 'typed' }),
  };
}

function splitUsers(tasks: readonly Task[], testTasks: readonly Task[] | undefined, splitSeed: number) {
  const { training, validation } = splitTasks(
    { tasks },
    { minimumPairs, validationShare: testTasks ? 0 : testShare },
    randomSource(splitSeed),
  );
  const pick = (rows: Int32Array) => Array.from(rows, (row) => tasks[row] as Task);
  const tests = testTasks?.filter(({ items }) => items.length >= minimumPairs) ?? pick(validation);
  return { training: pick(training), tests };
}

/** Returns the task without the items from row `count` on. */
function firstItems(task: Task, count: number): Task {
  return selectPairs(
    task,
    [...task.items.keys()].filter((pair) => (task.items[pair] as number) < count),
  );
}

function countItems(rows: Int32Array, items: number): Int32Array {
  const counts = new Int32Array(items);
  for (const row of rows) counts[row] = (counts[row] as number) + 1;
  return counts;
}

function usersByShown(tests: readonly ListTask[]): Record<string, number> {
  return Object.fromEntries(
    shownCounts.map((shown) => [
      `${shown}`,
      tests.filter((test) => shown === 'all' || test.shown.items.length >= shown).length,
    ]),
  );
}

interface Lists {
  readonly data: ListData;
  readonly tests: readonly ListTask[];
  readonly options: { readonly positiveFrom: number; readonly seed: number };
}

async function measureLists(recommender: ScoringModel, { data, tests, options }: Lists): Promise<MeasuredLists> {
  const byShown = (measured: ReadonlyMap<number | 'all', ListEvaluation>) =>
    Object.fromEntries([...measured].map(([shown, evaluation]) => [`${shown}`, metricsOf(evaluation)]));
  const unknown = { ...options, shown: [0], withoutFeatures: true };
  return {
    shown: byShown(await evaluateLists(recommender, data, tests, options)),
    withoutFeatures: byShown(await evaluateLists(recommender, data, tests, unknown)),
  };
}

interface NewItems {
  readonly histories: readonly Task[];
  readonly isNew: Uint8Array;
  /** The number of interactions in training by item row. */
  readonly counts: Int32Array;
}

async function measureNewItems(
  recommender: ScoringModel,
  { data, tests, options }: Lists,
  { histories, isNew, counts }: NewItems,
): Promise<NonNullable<MeasuredLists['newItems']>> {
  const among = await evaluateNewItems(recommender, data, histories, isNew, options);
  const byCount = await recallByCount(recommender, data, tests, counts, options);
  return {
    amongThemselves: among ? { recall20: among.recall20, ndcg20: among.ndcg20 } : {},
    wholeList: Object.fromEntries(Object.entries(byCount).map(([range, recall20]) => [range, { recall20 }])),
  };
}

function metricsOf({ users: _, ...metrics }: ListEvaluation): Metrics {
  return metrics;
}
