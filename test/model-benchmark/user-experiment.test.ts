import { describe, expect, test } from '@jest/globals';
import { fieldsOf } from '../../src/features/feature-schema.ts';
import { userExperiment } from '../../src/model-benchmark/user-experiment.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { histories, type Row, ratingsOf, smallTables } from './small-tables.ts';

const options = { splitSeed: 1, ids: ['user', 'item'] } as const;
/** Fifty users who rated fourteen items each, in an order of their own. */
const fifty: Row[] = histories(new Array(50).fill(14)).map(([user, item]) => [
  user,
  (user + item) % 20,
  1 + ((user + item) % 5),
]);
const tables = smallTables({ users: 50, items: 20, ratings: fifty });

function usersOf(tasks: readonly Task[]): number[] {
  return tasks.map(({ users }) => users[0] as number).sort((a, b) => a - b);
}

describe('userExperiment', () => {
  test('takes the first hundred ratings of each user, in their order', () => {
    const order = Array.from({ length: 150 }, (_, place) => (place * 7) % 150);
    const ratings = order.flatMap((item): Row[] => [
      [0, item, 1 + (item % 5)],
      [1, 149 - item, 2],
    ]);
    const { data } = userExperiment(smallTables({ users: 2, items: 150, ratings }), ratingsOf([]), options);
    const [first, second] = [0, 1].map((user) => data.tasks.find(({ users }) => users[0] === user));
    expect([...(first?.items ?? [])]).toEqual(order.slice(0, 100));
    expect([...(first?.labels ?? [])]).toEqual(order.slice(0, 100).map((item) => 1 + (item % 5)));
    expect([...(second?.items ?? [])]).toEqual(order.slice(0, 100).map((item) => 149 - item));
  });

  test('keeps of several ratings of an item the last, so that nothing is asked that was shown', () => {
    const ratings: Row[] = [...histories([20]), [0, 4, 5]];
    const { data } = userExperiment(smallTables({ users: 1, items: 20, ratings }), ratingsOf([]), options);
    const { items, labels } = data.tasks[0] as Task;
    expect(items.length).toBe(20);
    expect(new Set(items).size).toBe(20);
    expect(labels[items.indexOf(4)]).toBe(5);
  });

  test('leaves out who rated fewer than thirteen items, in training and in the test', () => {
    const small = smallTables({ users: 4, items: 13, ratings: histories([12, 13]) });
    const tests = ratingsOf(histories([0, 0, 12, 13]));
    const { data, trainingTasks, testTasks, minimumPairs } = userExperiment(small, tests, options);
    expect(usersOf(data.tasks)).toEqual([1]);
    expect({ trainingTasks, testTasks, minimumPairs }).toEqual({
      trainingTasks: 1,
      testTasks: 1,
      minimumPairs: 13,
    });
  });

  test('tests a fifth of the users, which the split’s seed alone determines', () => {
    const { data, trainingTasks, testTasks } = userExperiment(tables, undefined, options);
    expect([trainingTasks, testTasks]).toEqual([40, 10]);
    const again = userExperiment(tables, undefined, { ...options, ids: [] });
    expect(usersOf(again.data.tasks)).toEqual(usersOf(data.tasks));
    const other = userExperiment(tables, undefined, { ...options, splitSeed: 2 });
    expect(usersOf(other.data.tasks)).not.toEqual(usersOf(data.tasks));
  });

  test('knows neither ids nor features of the users that test', () => {
    // Every name is that of five users, so that a vocabulary could hold it.
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

  test('gives a training nothing that the ratings of the test users determine', () => {
    const { data } = userExperiment(tables, undefined, options);
    const training = new Set(usersOf(data.tasks));
    const changed = fifty.map(
      ([user, item, value]): Row =>
        training.has(user) ? [user, item, value] : [user, (item + 3) % 20, 6 - value],
    );
    const other = userExperiment(smallTables({ users: 50, items: 20, ratings: changed }), undefined, options);
    expect(other.data).toEqual(data);
  });

  test('trains on all users of the folder where test ratings are given', () => {
    const folder = fifty.filter(([user]) => user < 30);
    const tests = ratingsOf(fifty.filter(([user]) => user >= 30));
    const experiment = userExperiment(smallTables({ users: 50, items: 20, ratings: folder }), tests, options);
    expect(usersOf(experiment.data.tasks)).toEqual(Array.from({ length: 30 }, (_, user) => user));
    expect(experiment.testTasks).toBe(20);
  });

  test('divides the ratings of each test user five times, ten of them to be predicted', async () => {
    const experiment = userExperiment(tables, undefined, options);
    const training = new Set(usersOf(experiment.data.tasks));
    const asked: { user: number; items: string }[] = [];
    const watching = recommender((user, items) => {
      asked.push({ user, items: [...items].sort().join() });
      return items.map(() => 3);
    });
    const metrics = await experiment.evaluate(watching);
    expect(Object.keys(metrics)).toEqual(['mae', 'rmse', 'ndcg1', 'ndcg3']);
    expect(asked.length).toBe(10 * 5);
    for (const user of new Set(asked.map((one) => one.user))) {
      expect(training.has(user)).toBe(false);
      const splits = asked.filter((one) => one.user === user).map(({ items }) => items);
      expect(splits.length).toBe(5);
      expect(new Set(splits).size).toBeGreaterThan(1);
      for (const items of splits) expect(items.split(',').length).toBe(10);
    }
    // Whoever is trained with whatever seed is asked the same.
    const first = asked.splice(0);
    await experiment.evaluate(watching);
    expect(asked).toEqual(first);
  });

  test('reports no errors of labels for a model that predicts none', async () => {
    const experiment = userExperiment(tables, undefined, options);
    const ranking = recommender((_, items) => items.map((item) => item), false);
    expect(Object.keys(await experiment.evaluate(ranking))).toEqual(['ndcg1', 'ndcg3']);
  });
});

/** Embeds users and items as their rows. */
function recommender(
  score: (user: number, items: Float32Array) => Float32Array,
  predictsLabels = true,
): Recommender {
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
