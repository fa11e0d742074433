import { rankLists, type ShownCount } from '../../src/evaluation/evaluate-lists.ts';
import type { ListTask } from '../../src/evaluation/list-tasks.ts';
import { RankedList } from '../../src/evaluation/ranked-list.ts';
import { type ScoringModel, selectEmbeddings } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import type { CategorySupport, ShopCategories } from './shop-categories.ts';
import {
  dataOf,
  type MeasuredLists,
  positiveFrom,
  type ShopExperiment,
  ShopTotals,
  shownInShop,
} from './shop-experiment.ts';
import { type Person, withPerson } from './with-person.ts';

const pageLength = 10;

/**
 * Measures category pages that a model for users makes alone: each held-out customer's list of a category in which the
 * customer has an item to find.
 */
export async function measureCategoryPages(model: ScoringModel, experiment: ShopExperiment): Promise<MeasuredLists> {
  const totals = new ShopTotals(experiment, pageLength);
  for (const { items } of experiment.tables.scenarios) {
    const candidates = marked(items, experiment);
    const tests = testsIn(candidates, experiment);
    const options = { positiveFrom, shown: shownInShop, candidates, scope: 'pool' as const };
    for await (const made of rankLists(model, dataOf(experiment), tests, options))
      for (const shown of made.shown) totals.add(shown, made.list, made.task.relevant);
  }
  return totals.measured();
}

/** Measures the category pages of the same customers by a scenario model, alone or with a user model as in serving. */
export async function measureServedPages(
  { data, model, supports }: ShopCategories,
  userModel: ScoringModel,
  parts: Person['parts'],
  experiment: ShopExperiment,
): Promise<MeasuredLists> {
  const totals = new ShopTotals(experiment, pageLength);
  const testOf = new Map(experiment.tests.map((test) => [test.user, test]));
  for (const shown of shownInShop) {
    const historyOf = (user: number) => firstShown(testOf.get(user) as ListTask, shown);
    const options = { userData: experiment.data, newUsers: undefined };
    const served = await withPerson(model, userModel, { historyOf, parts }, options);
    const users = await served.embedUsers(data.users);
    const items = await served.embedItems(data.items);
    for (const [category, support] of supports.entries()) {
      const pool = data.tasks[category]?.candidates as Int32Array;
      const { labels, ...pairs } = support as CategorySupport;
      const adaptation = await served.adapt({
        users: selectEmbeddings(users, pairs.users),
        items: selectEmbeddings(items, pairs.items),
        labels,
      });
      for (const { user, relevant } of testsIn(marked(pool, experiment), experiment)) {
        const scores = await served.score(adaptation, selectEmbeddings(users, [user]), selectEmbeddings(items, pool));
        totals.add(shown, listOf(pool, scores, historyOf(user), experiment), relevant);
      }
    }
  }
  return totals.measured();
}

function marked(items: Iterable<number>, { tables }: ShopExperiment): Uint8Array {
  const marks = new Uint8Array(tables.items.length);
  for (const item of items) marks[item] = 1;
  return marks;
}

/** Returns the customers with an item to find among the marked ones, with these items. */
function testsIn(candidates: Uint8Array, { tests }: ShopExperiment): ListTask[] {
  return tests
    .map((test) => ({ ...test, relevant: test.relevant.filter((item) => candidates[item] === 1) }))
    .filter(({ relevant }) => relevant.length > 0);
}

function firstShown({ user, shown: { items, types, values, times } }: ListTask, count: ShownCount): Task {
  const end = count === 'all' ? items.length : count;
  return {
    users: Int32Array.of(user),
    items: items.subarray(0, end),
    labels: values.subarray(0, end),
    types: types.subarray(0, end),
    ...(times && { times: times.subarray(0, end) }),
  };
}

/** Ranks the pool without what is shown. */
function listOf(pool: Int32Array, scores: Float32Array, shown: Task, { tables }: ShopExperiment): RankedList {
  const all = new Float32Array(tables.items.length).fill(-Infinity);
  for (const [index, item] of pool.entries()) all[item] = scores[index] as number;
  for (const item of shown.items) all[item] = -Infinity;
  return new RankedList(all);
}
