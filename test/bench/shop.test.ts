import { beforeAll, describe, expect, test } from '@jest/globals';
import { measureShop, type ShopResults, shopModels } from '../../bench/shop.ts';
import { measureCategoryPages, measureServedPages } from '../../bench/support/category-pages.ts';
import { categoryPopularity } from '../../bench/support/category-popularity.ts';
import { comparePages } from '../../bench/support/compare-pages.ts';
import { categoryData, trainOnCategories } from '../../bench/support/shop-categories.ts';
import { dearestShareInTraining, openShop, type ShopExperiment } from '../../bench/support/shop-experiment.ts';
import { readTypedTables } from '../../bench/support/typed-tables.ts';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import { shopDataset } from '../../src/datasets/shop/shop-dataset.ts';
import { oneBatch } from '../../src/datasets/synthetic/generated-batches.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { type DefaultTypeName, typeIndex } from '../../src/features/interaction-types.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { train } from '../../src/training/train.ts';

const slow = process.env.WARMSTART_SLOW_TESTS ? describe : describe.skip;
const minutes = 60_000;

/** Four products of two categories, and one user's interactions. */
async function tinyTables(events: readonly (readonly [item: string, type: DefaultTypeName])[]) {
  const product = (id: string, category: string, price: number) => ({ id, title: id, features: { category, price } });
  const interactions = events.map(
    ([itemId, type]): InteractionRecord => ({ userId: 'u', itemId, type, value: null, time: null }),
  );
  return readTypedTables({
    name: 'tiny',
    title: 'tiny',
    bytes: 0,
    fields: [
      { entity: 'user', name: 'country', kind: 'categorical' },
      { entity: 'item', name: 'category', kind: 'categorical' },
      { entity: 'item', name: 'price', kind: 'numeric' },
    ],
    users: () => oneBatch('users', [{ id: 'u', features: {} }]),
    items: () =>
      oneBatch('items', [product('a', 'X', 1), product('b', 'X', 2), product('c', 'Y', 3), product('d', 'Y', 4)]),
    scenarios: () => oneBatch('scenarios', [{ id: 'x', title: 'X', items: ['b', 'a'] }]),
    interactions: () => oneBatch('interactions', interactions),
  });
}

describe('readTypedTables', () => {
  test('keeps the last interaction of each type with an item, in the order of time', async () => {
    const { histories, scenarios } = await tinyTables([
      ['a', 'VIEW'],
      ['b', 'VIEW'],
      ['a', 'CLICK'],
      ['a', 'VIEW'],
    ]);
    expect(scenarios).toEqual([{ title: 'X', items: [1, 0] }]);
    expect(histories).toHaveLength(1);
    expect([...histories[0]!.items]).toEqual([1, 0, 0]);
    expect([...histories[0]!.types!]).toEqual(['VIEW', 'CLICK', 'VIEW'].map((type) => typeIndex(type as 'VIEW')));
  });
});

describe('categoryPopularity', () => {
  test('orders items by their popularity times the user’s interactions in their category', async () => {
    const { items } = await tinyTables([]);
    const model = categoryPopularity({ schema: { fields: [], hash: '' } }, items, [1, 5, 2, 3]);
    const rows = (...data: number[]) => ({ rows: data.length, width: 1, data: Float32Array.from(data) });
    const user = rows(0);
    const order = async (...seen: number[]) => {
      const support = { users: user, items: rows(...seen), labels: new Float32Array(seen.length).fill(1) };
      const scores = await model.score(await model.adapt(support), user, rows(0, 1, 2, 3));
      return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
    };
    // Without interactions, by popularity.
    expect(await order()).toEqual([1, 3, 2, 0]);
    // One in the second category: 2 and 3 there.
    expect(await order(2)).toEqual([3, 2, 1, 0]);
    // Two in the first, one in the second: 2·1 and 2·5, and 2 and 3. The first and the third are equal.
    const [first, second] = await order(0, 1, 3);
    expect([first, second]).toEqual([1, 3]);
  });
});

describe('comparePages', () => {
  test('compares Recall of each page with that of popularity on the same page', () => {
    const pages = (...recalls: number[]) => ({ means: {}, recalls: { '3': recalls } });
    const shop = (own: [number, number]) => ({
      popularity: pages(0.5, 0.25),
      'user model': pages(...own),
      'scenario model': pages(0, 0),
      'both, as served': pages(0, 0),
    });
    const { popularity, 'user model': own } = comparePages([shop([0.5, 0.5]), shop([1, 0.75])]);
    expect(popularity['3']).toEqual({ recall: 0.375, abovePopularity: { mean: 0, ci95: 0 } });
    // The differences are 0, ¼, ½ and ½: their mean is 5/16, and their sum of squared deviations 11/64.
    expect(own['3']!.recall).toBeCloseTo(0.6875, 10);
    expect(own['3']!.abovePopularity.mean).toBeCloseTo(5 / 16, 10);
    expect(own['3']!.abovePopularity.ci95).toBeCloseTo(1.96 * Math.sqrt(11 / 64 / 3 / 4), 10);
  });
});

describe('a small shop', () => {
  let experiment: ShopExperiment;
  let own: Recommender;
  let results: Record<'popularity' | 'own', ShopResults>;

  beforeAll(async () => {
    const engine = await openEngine('onnx');
    experiment = openShop(await readTypedTables(shopDataset({ users: 500, items: 400, interactions: 40 })));
    const options = { epochs: 15, tasksPerStep: 16 };
    const { artifact } = await train({ recipe: recipeFor('USER', { options }), data: experiment.data, engine });
    own = await loadRecommender(artifact, engine);
    results = {
      popularity: await measureShop(await shopModels.popularity(experiment, engine), experiment),
      own: await measureShop(own, experiment),
    };
  }, minutes);

  test('has a fifth of its customers held out', () => {
    expect(experiment.tests.length).toBeLessThanOrEqual(100);
    expect(experiment.tests.length + experiment.data.tasks.length).toBeGreaterThan(490);
  });

  test('has scenarios of what the training customers did with the products of a category', () => {
    const { tables, data } = experiment;
    const { tasks, interactions } = categoryData(experiment);
    expect(tasks).toHaveLength(tables.scenarios.length);
    const training = new Set(data.tasks.map(({ users }) => users[0]));
    for (const { user } of experiment.tests) expect(training.has(user)).toBe(false);
    expect(interactions!.users.every((user) => training.has(user))).toBe(true);
    const pairs = new Set(data.tasks.flatMap(({ users, items }) => [...items].map((item) => `${users[0]} ${item}`)));
    expect(interactions!.users).toHaveLength(pairs.size);
    for (const [category, { items }] of tables.scenarios.entries()) {
      const expected = [...pairs].filter((pair) => items.includes(Number(pair.split(' ')[1])));
      const { users, items: own } = tasks[category]!;
      expect([...users].map((user, pair) => `${user} ${own[pair]}`).sort()).toEqual(expected.sort());
    }
  });

  test(
    'has category pages by the user model that are the same with and without a scenario model beside it',
    async () => {
      const alone = await measureCategoryPages(own, experiment);
      const categories = await trainOnCategories(experiment, await openEngine('onnx'));
      const beside = await measureServedPages(categories, own, 'own', experiment);
      for (const shown of ['0', '1', '3', '10', 'all']) {
        expect(beside.recalls[shown]).toHaveLength(alone.recalls[shown]!.length);
        expect(beside.means[shown]!.recall).toBeCloseTo(alone.means[shown]!.recall, 6);
      }
      const served = await measureServedPages(categories, own, 'both', experiment);
      expect(served.means['3']!.lists).toBe(alone.means['3']!.lists);
      expect(served.recalls['3']).not.toEqual(beside.recalls['3']);
    },
    minutes,
  );

  test('has lists that the default user model makes much better than popularity, after a single interaction', () => {
    for (const shown of ['1', '3', '10']) {
      const [own, popular] = [results.own.lists[shown]!, results.popularity.lists[shown]!];
      expect(own.hitRate).toBeGreaterThan(popular.hitRate);
      expect(own.recall).toBeGreaterThan(1.5 * popular.recall);
    }
  });
});

/** These are the numbers of docs/results.md. */
slow('the default user model on the synthetic shop', () => {
  const results: Record<string, ShopResults> = {};
  let experiment: ShopExperiment;

  beforeAll(async () => {
    const engine = await openEngine('onnx');
    experiment = openShop(await readTypedTables(shopDataset()));
    for (const name of ['popularity', 'popular in the categories', 'the default'] as const)
      results[name] = await measureShop(await shopModels[name](experiment, engine), experiment);
  }, 30 * minutes);

  test.each(['1', '3', '10'])(
    'lists more of what is viewed or bought later than the popular products of the categories that were seen, after %s interactions',
    (shown) => {
      const [own, rival] = [results['the default']!, results['popular in the categories']!];
      expect(own.lists[shown]!.recall).toBeGreaterThan(rival.lists[shown]!.recall);
    },
  );

  test('does not list the dearest hundredth of the products more often than customers look at it', () => {
    const most = dearestShareInTraining(experiment);
    for (const { dearest } of Object.values(results['the default']!.lists)) expect(dearest).toBeLessThan(1.2 * most);
  });
});
