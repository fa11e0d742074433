import { describe, expect, test } from '@jest/globals';
import { fieldsOf } from '../../src/features/feature-schema.ts';
import { userExperiment } from '../../src/model-benchmark/user-experiment.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { histories, type Row, smallTables, tableOf } from './small-tables.ts';

const options = { splitSeed: 1, ids: ['user', 'item'] } as const;
/** Fifty users who rated fourteen items each, each in another order. */
const fifty: Row[] = histories(new Array(50).fill(14)).map(([user, item]) => [
  user,
  (user + item) % 20,
  1 + ((user + item) % 5),
]);
const tables = smallTables({ users: 50, items: 20, interactions: fifty });

function usersOf(tasks: readonly Task[]): number[] {
  return tasks.map(({ users }) => users[0] as number).sort((a, b) => a - b);
}

describe('userExperiment', () => {
  test('uses the first hundred ratings of each user, in order', () => {
    const order = Array.from({ length: 150 }, (_, place) => (place * 7) % 150);
    const ratings = order.flatMap((item): Row[] => [
      [0, item, 1 + (item % 5)],
      [1, 149 - item, 2],
    ]);
    const { data } = userExperiment(smallTables({ users: 2, items: 150, interactions: ratings }), tableOf([]), options);
    const [first, second] = [0, 1].map((user) => data.tasks.find(({ users }) => users[0] === user));
    expect([...(first?.items ?? [])]).toEqual(order.slice(0, 100));
    expect([...(first?.labels ?? [])]).toEqual(order.slice(0, 100).map((item) => 1 + (item % 5)));
    expect([...(second?.items ?? [])]).toEqual(order.slice(0, 100).map((item) => 149 - item));
  });

  test('keeps only the last rating of an item, so no item is in both the support set and the query set', () => {
    const ratings: Row[] = [...histories([20]), [0, 4, 5]];
    const { data } = userExperiment(smallTables({ users: 1, items: 20, interactions: ratings }), tableOf([]), options);
    const { items, labels } = data.tasks[0] as Task;
    expect(items.length).toBe(20);
    expect(new Set(items).size).toBe(20);
    expect(labels[items.indexOf(4)]).toBe(5);
  });

  test('leaves out users with fewer than thirteen ratings, in training and in the test', () => {
    const small = smallTables({ users: 4, items: 13, interactions: histories([12, 13]) });
    const tests = tableOf(histories([0, 0, 12, 13]));
    const { data, trainingTasks, testTasks, minimumPairs } = userExperiment(small, tests, options);
    expect(usersOf(data.tasks)).toEqual([1]);
    expect({ trainingTasks, testTasks, minimumPairs }).toEqual({
      trainingTasks: 1,
      testTasks: 1,
      minimumPairs: 13,
    });
  });

  test('tests a fifth of the users, chosen by the split seed alone', () => {
    const { data, trainingTasks, testTasks } = userExperiment(tables, undefined, options);
    expect([trainingTasks, testTasks]).toEqual([40, 10]);
    const again = userExperiment(tables, undefined, { ...options, ids: [] });
    expect(usersOf(again.data.tasks)).toEqual(usersOf(data.tasks));
    const other = userExperiment(tables, undefined, { ...options, splitSeed: 2 });
    expect(usersOf(other.data.tasks)).not.toEqual(usersOf(data.tasks));
  });

  test('trains on a share of the training users, and tests on the same users', () => {
    const all = userExperiment(tables, undefined, options);
    const few = userExperiment(tables, undefined, { ...options, trainingShare: 0.25 });
    expect([few.trainingTasks, few.testTasks]).toEqual([10, 10]);
    expect(usersOf(all.data.tasks)).toEqual(expect.arrayContaining(usersOf(few.data.tasks)));
  });

  test('has neither IDs nor features of the test users in its vocabularies', () => {
    // Each name belongs to five users, so a vocabulary would have it.
    const named = tables.users.map(({ id, features }, row) => ({
      id,
      features: { ...features, names: [`n${row}`, `g${row % 10}`] },
    }));
    const { data } = userExperiment({ ...tables, users: named }, undefined, options);
    const training = new Set(usersOf(data.tasks));
    const known = (name: string) => {
      const field = fieldsOf(data.schema, 'user').find((one) => one.name === name);
      return [...(field?.vocabulary ?? [])].sort();
    };
    expect(known('id')).toEqual([...training].map((user) => `u${user}`).sort());
    const counts = new Map<string, number>();
    for (const user of training) counts.set(`g${user % 10}`, (counts.get(`g${user % 10}`) ?? 0) + 1);
    expect(known('names')).toEqual(
      [...counts]
        .filter(([, count]) => count >= 5)
        .map(([name]) => name)
        .sort(),
    );
  });

  test('gives training no data that depends on the ratings of the test users', () => {
    const { data } = userExperiment(tables, undefined, options);
    const training = new Set(usersOf(data.tasks));
    const changed = fifty.map(
      ([user, item, value]): Row => (training.has(user) ? [user, item, value] : [user, (item + 3) % 20, 6 - value]),
    );
    const other = userExperiment(smallTables({ users: 50, items: 20, interactions: changed }), undefined, options);
    expect(other.data).toEqual(data);
  });

  test('trains on all users of the folder if test ratings are given', () => {
    const folder = fifty.filter(([user]) => user < 30);
    const tests = tableOf(fifty.filter(([user]) => user >= 30));
    const experiment = userExperiment(smallTables({ users: 50, items: 20, interactions: folder }), tests, options);
    expect(usersOf(experiment.data.tasks)).toEqual(Array.from({ length: 30 }, (_, user) => user));
    expect(experiment.testTasks).toBe(20);
  });

  test('splits the ratings of each test user five times, with ten of them in the query set', async () => {
    const experiment = userExperiment(tables, undefined, options);
    const training = new Set(usersOf(experiment.data.tasks));
    const queried: { user: number; items: string }[] = [];
    const watching = recommender((user, items) => {
      queried.push({ user, items: [...items].sort().join() });
      return items.map(() => 3);
    });
    const { metrics } = await experiment.evaluate(watching);
    expect(Object.keys(metrics)).toEqual(['mae', 'rmse', 'ndcg1', 'ndcg3']);
    expect(queried.length).toBe(10 * 5);
    for (const user of new Set(queried.map((one) => one.user))) {
      expect(training.has(user)).toBe(false);
      const splits = queried.filter((one) => one.user === user).map(({ items }) => items);
      expect(splits.length).toBe(5);
      expect(new Set(splits).size).toBeGreaterThan(1);
      for (const items of splits) expect(items.split(',').length).toBe(10);
    }
    // The query sets are the same for every model and training seed.
    const first = queried.splice(0);
    await experiment.evaluate(watching);
    expect(queried).toEqual(first);
  });

  test('shows models no more ratings than asked for', async () => {
    const counts = new Set<number>();
    const counting: Recommender = {
      ...recommender((_, items) => items),
      async adapt({ items }) {
        counts.add(items.rows);
        return { state: new Float32Array(), pairs: items.rows };
      },
    };
    for (const shown of [0, 3]) await userExperiment(tables, undefined, { ...options, shown }).evaluate(counting);
    // Of fourteen ratings, ten are predicted.
    await userExperiment(tables, undefined, options).evaluate(counting);
    expect([...counts]).toEqual([0, 3, 4]);
  });

  test('measures the ratings that a model predicts beside its scores, from pairs with types', async () => {
    const experiment = userExperiment(tables, undefined, options);
    const types = new Set<number | undefined>();
    const beside: Recommender = {
      ...recommender((_, items) => items.map(() => 1e6), false),
      support: 'feedback',
      ratings: {
        async adapt({ items, types: own }) {
          expect(own).toHaveLength(items.rows);
          for (const type of own ?? []) types.add(type);
          return { state: new Float32Array(), pairs: items.rows };
        },
        predict: async (_, items) => new Float32Array(items.rows).fill(3),
      },
    };
    const of = async (model: Recommender) => (await experiment.evaluate(model)).metrics;
    expect(await of(beside)).toEqual(await of(recommender((_, items) => items.map(() => 3))));
    // All pairs are ratings.
    expect([...types]).toEqual([0]);
  });

  test('reports no rating errors for a model that does not predict ratings', async () => {
    const experiment = userExperiment(tables, undefined, options);
    const ranking = recommender((_, items) => items.map((item) => item), false);
    expect(Object.keys((await experiment.evaluate(ranking)).metrics)).toEqual(['ndcg1', 'ndcg3']);
  });
});

/** A model that embeds users and items as their rows. */
function recommender(score: (user: number, items: Float32Array) => Float32Array, predictsLabels = true): Recommender {
  const embed: Recommender['embedUsers'] = async ({ rows }) => ({
    rows,
    width: 1,
    data: Float32Array.from({ length: rows }, (_, row) => row),
  });
  return {
    kind: 'made for this test',
    schema: { fields: [], hash: '' },
    supportLimit: 90,
    support: 'labels',
    predictsLabels,
    embedUsers: embed,
    embedItems: embed,
    adapt: async ({ items }) => ({ state: new Float32Array(), pairs: items.rows }),
    score: async (_, user, items) => score(user.data[0] as number, items.data),
    explain: async () => ({}),
    save: () => {
      throw new Error('Nothing to save.');
    },
    dispose: () => {},
  };
}
