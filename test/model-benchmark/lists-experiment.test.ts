import { describe, expect, test } from '@jest/globals';
import { fieldsOf, idField } from '../../src/features/feature-schema.ts';
import { listsExperiment } from '../../src/model-benchmark/lists-experiment.ts';
import type { Embeddings, ScoringModel, SupportSet } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { histories, type Row, smallTables, tableOf } from './small-tables.ts';

const options = { splitSeed: 1, ids: ['item'], hide: 'random', feedback: 'typed' } as const;
/** Fifty users who rated thirty of sixty items each: a third of them 1, and the others 5. */
const fifty: Row[] = histories(new Array(50).fill(30)).map(([user, item]) => [
  user,
  (user + 2 * item) % 60,
  (user + item) % 3 === 0 ? 1 : 5,
]);
const tables = smallTables({ users: 50, items: 60, interactions: fifty });
const usersOf = (tasks: readonly Task[]) => tasks.map(({ users }) => users[0] as number).sort((a, b) => a - b);

/** Embeds users and items as their rows, and scores items by `score`. */
function model(score: (item: number) => number, supports: SupportSet[] = []): ScoringModel {
  const embed = async ({ rows }: { rows: number }): Promise<Embeddings> => ({
    rows,
    width: 1,
    data: Float32Array.from({ length: rows }, (_, row) => row),
  });
  return {
    schema: listsExperiment(tables, undefined, options).data.schema,
    supportLimit: Infinity,
    support: 'labels',
    predictsLabels: true,
    embedUsers: embed,
    embedItems: embed,
    async adapt(support) {
      supports.push(support);
      return { state: new Float32Array(), pairs: 0 };
    },
    score: async (_adaptation, _user, { data }) => data.map(score),
  };
}

describe('listsExperiment', () => {
  test('tests a fifth of the users, and trains on the whole histories of the others', () => {
    const long = smallTables({ users: 10, items: 400, interactions: histories(new Array(10).fill(400)) });
    const { data, trainingTasks, testTasks } = listsExperiment(long, undefined, options);
    expect([trainingTasks, testTasks]).toEqual([8, 2]);
    for (const { items } of data.tasks) expect(items.length).toBe(400);
  });

  test('tests the users of the test ratings, and trains on all users of the folder', () => {
    const folder = smallTables({ users: 50, items: 60, interactions: fifty.filter(([user]) => user < 30) });
    const tests = tableOf(fifty.filter(([user]) => user >= 30));
    const { data, testTasks } = listsExperiment(folder, tests, options);
    expect(usersOf(data.tasks)).toEqual(Array.from({ length: 30 }, (_, user) => user));
    expect(testTasks).toBe(20);
  });

  test('shows a test user’s interactions step by step, and none of the hidden fifth', async () => {
    const supports: SupportSet[] = [];
    const { evaluate, data } = listsExperiment(tables, undefined, options);
    await evaluate(model(() => 0, supports));
    const lengths = supports.map(({ labels }) => labels.length);
    // Twenty-four of thirty ratings are shown; the last ten support sets are those of users without features.
    expect(lengths.slice(0, 7)).toEqual([0, 1, 3, 5, 10, 20, 24]);
    expect(lengths.slice(-10)).toEqual(new Array(10).fill(0));
    const tested = new Set(supports.slice(0, 70).map(({ users }) => users.data[0] as number));
    expect(tested.size).toBe(10);
    for (const user of usersOf(data.tasks)) expect(tested.has(user)).toBe(false);
  });

  test('searches for ratings from three quarters of the scale on, or from a given value on', async () => {
    expect(listsExperiment(tables, undefined, options).listCounts).toMatchObject({ positive: 4 });
    const all = listsExperiment(tables, undefined, { ...options, positiveFrom: 1 });
    expect(all.listCounts).toMatchObject({ positive: 1, items: 60, newItems: 0 });
    // Models of positives learn from what is searched for.
    expect(all.data.positiveFrom).toBe(1);
    // Everything that was rated in training counts.
    const { lists } = await all.evaluate(model((item) => -item));
    const rated = fifty.filter(([user]) => usersOf(all.data.tasks).includes(user));
    const firstTen = rated.filter(([, item]) => item < 10).length / 10;
    expect(lists?.shown[0]?.popularity10).toBeCloseTo(firstTen, 10);
  });

  test('counts the test users with as many interactions to show', () => {
    const short = tableOf(histories([...new Array(40).fill(0), 5, 10, 30], 5));
    const { listCounts } = listsExperiment(tables, short, options);
    expect(listCounts?.users).toEqual({ 0: 3, 1: 3, 3: 3, 5: 2, 10: 1, 20: 1, all: 3 });
  });

  test('trains on interactions with types, so that every model can tell positives apart', () => {
    const { data } = listsExperiment(tables, undefined, options);
    for (const { items, types } of data.tasks) expect(types).toEqual(new Uint8Array(items.length));
  });

  test('trains on the declared meanings of types, with their names', () => {
    const { interactions } = tables;
    const stored = {
      ...tables,
      interactions: { ...interactions, opinions: new Float32Array(interactions.users.length).fill(2) },
      typeNames: ['RATE', 'BOOKMARK'],
    };
    const { data } = listsExperiment(stored, undefined, options);
    expect(data.typeNames).toEqual(['RATE', 'BOOKMARK']);
    for (const { items, opinions } of data.tasks) expect(opinions).toEqual(new Float32Array(items.length).fill(2));
  });

  test('searches for views and purchases of users who rate nothing', async () => {
    const events = fifty.map(([user, item], row): Row => [user, item, 0, row % 2 ? 'VIEW' : 'PURCHASE']);
    const shop = { ...smallTables({ users: 50, items: 60, interactions: events }), positiveFrom: 4 };
    const experiment = listsExperiment(shop, undefined, options);
    expect(experiment.listCounts).toMatchObject({ positive: 4, users: { all: 10 } });
    // Every interaction of a training user counts.
    const { lists } = await experiment.evaluate(model((item) => -item));
    const counted = events.filter(([user, item]) => item < 10 && usersOf(experiment.data.tasks).includes(user));
    expect(lists?.shown[0]?.popularity10).toBeCloseTo(counted.length / 10, 10);
  });

  test('an item that was viewed and bought is hidden with both interactions, and found once', async () => {
    const both = fifty.flatMap(([user, item]): Row[] => [
      [user, item, 0, 'VIEW'],
      [user, item, 0, 'PURCHASE'],
    ]);
    const shop = smallTables({ users: 50, items: 60, interactions: both });
    const supports: SupportSet[] = [];
    const { evaluate } = listsExperiment(shop, undefined, options);
    await evaluate({ ...model(() => 0, supports), support: 'feedback' });
    // Of thirty items, twenty-four are shown, each twice.
    const whole = supports.filter(({ labels }) => labels.length === 48);
    expect(whole.length).toBe(10);
    for (const { items } of whole) expect(new Set(items.data).size).toBe(24);
  });

  test('measures every kind of model on the same users, whatever it learns from', () => {
    const typed = listsExperiment(tables, undefined, options);
    const any = listsExperiment(tables, undefined, { ...options, feedback: 'any' });
    expect(usersOf(any.data.tasks)).toEqual(usersOf(typed.data.tasks));
    expect(any.listCounts).toEqual(typed.listCounts);
    expect([any.trainingTasks, any.testTasks]).toEqual([typed.trainingTasks, typed.testTasks]);
    // Each user rated twenty items 5, and ten 1.
    for (const { items } of any.data.tasks) expect(items.length).toBe(20);
    expect(any.data.ignored?.items.length).toBe(40 * 10);
  });

  describe('with new items', () => {
    const experiment = listsExperiment(tables, undefined, { ...options, newItems: 0.3 });
    const { data, measured = data, listCounts } = experiment;
    const known = data.items.rows;

    test('trains on none of them, and measures all items', () => {
      expect(listCounts?.newItems).toBe(60 - known);
      expect(known).toBeGreaterThan(30);
      expect(known).toBeLessThan(54);
      expect(measured.items.rows).toBe(60);
      for (const { items } of data.tasks) for (const item of items) expect(item).toBeLessThan(known);
      const ids = fieldsOf(data.schema, 'item').find(({ name }) => name === idField);
      expect(ids?.vocabulary.length).toBe(known);
    });

    test('describes the other items as without new ones', () => {
      const { indices, slots } = measured.items;
      expect([...indices.subarray(0, known * slots)]).toEqual([...data.items.indices]);
    });

    test('never shows them, and finds them among themselves and in the whole list', async () => {
      const supports: SupportSet[] = [];
      // New items have the last rows, so this model lists them first.
      const { lists } = await experiment.evaluate(model((item) => item, supports));
      for (const { items } of supports) for (const item of items.data) expect(item).toBeLessThan(known);
      expect(lists?.newItems?.amongThemselves).toEqual({ recall20: 1, ndcg20: expect.any(Number) });
      expect(lists?.newItems?.wholeList[0]).toEqual({ recall20: 1 });
      // Each of the other items was rated by about twenty of forty training users.
      expect(lists?.newItems?.wholeList['6-20']?.recall20).toBeLessThan(1);
    });

    test('tests the same users as without new items', () => {
      const plain = listsExperiment(tables, undefined, options);
      expect(usersOf(data.tasks)).toEqual(usersOf(plain.data.tasks));
    });
  });
});
