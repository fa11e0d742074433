import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { parseListConfig } from '../../src/models/cmml/lists/list-config.ts';
import { selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';
import { startListCmml } from '../../src/training/start-list-cmml.ts';
import { parseTrainingOptions } from '../../src/training/training-options.ts';
import { trainRecipe } from './train-recipe.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
type Pair = readonly [item: number, type: number, label: number];

/** Training data of users who did something with items that have IDs, and no other features. */
function dataOf(users: readonly (readonly Pair[])[], items: number): TrainingData {
  const people = users.map((_, user) => ({ id: `user ${user}` }));
  const things = Array.from({ length: items }, (_, item) => ({ id: `item ${item}` }));
  const id = { name: 'id', kind: 'categorical' } as const;
  const schema = fitFeatureSchema(
    [
      { entity: 'user', ...id },
      { entity: 'item', ...id },
    ],
    people,
    things,
  );
  const tasks = users.map(
    (pairs, user): Task => ({
      users: Int32Array.of(user),
      items: Int32Array.from(pairs, ([item]) => item),
      types: Uint8Array.from(pairs, ([, type]) => type),
      labels: Float32Array.from(pairs, ([, , label]) => label),
    }),
  );
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    tasks,
  };
}

const start = async (data: TrainingData, config: object = {}) => {
  const { labels, positiveFrom, supportLimit, support, ages, amounts, ...recipe } = parseListConfig({
    objective: 'softmax',
    closedForm: { width: 0 },
  });
  const model = await startListCmml({ ...recipe, ...config }, parseTrainingOptions({}), data, { signal: undefined });
  return { ...model, config: model.config as ReturnType<typeof parseListConfig> };
};

test('CMML that ranks the catalog reads ages and amounts if the data have them', async () => {
  const data = dataOf(
    [
      [
        [0, view, 0],
        [1, view, 0],
        [2, rate, 5],
      ],
    ],
    3,
  );
  expect((await start(data)).config).toMatchObject({ ages: false, amounts: {} });
  const [task] = data.tasks as [Task];
  const complete = { ...task, amounts: Float32Array.of(10, 30, Number.NaN), times: Float64Array.of(1, 2, 3) };
  const { config, parameters } = await start({ ...data, tasks: [complete] });
  expect(config).toMatchObject({ ages: true, amounts: { VIEW: { mean: 20, deviation: 10 } } });
  // Rows for four types, for ratings above and below the mean, and for the amounts of the types; and for nine spans.
  expect(parameters['feedback.scale']?.shape[0]).toBe(4 + 2 + 4);
  expect(parameters['feedback.age']?.shape[0]).toBe(9);
});

describe('the start of CMML that ranks the catalog', () => {
  /** Item 0 has two positives, one of them twice by one user; item 1 has one; 2 is disliked; 3 has nothing. */
  const data = dataOf(
    [
      [
        [0, rate, 5],
        [0, view, 0],
        [2, rate, 1],
      ],
      [
        [0, view, 0],
        [1, rate, 4],
        [2, rate, 3],
      ],
    ],
    4,
  );
  /** The rows of the tables by ID are in the order of the vocabulary, after that of unknown IDs. */
  const rowOf = (item: number) =>
    data.schema.fields.find(({ entity }) => entity === 'item')!.vocabulary.indexOf(`item ${item}`) + 1;
  const logCounts = [Math.log(2.5), Math.log(1.5), Math.log(0.5), Math.log(0.5)];

  test('has the bias of each item at the logarithm of its positives, one per user, and half of one', async () => {
    const { parameters } = await start(data);
    const bias = parameters['item.bias']!.data;
    for (const [item, expected] of logCounts.entries()) expect(bias[rowOf(item)]).toBeCloseTo(expected, 5);
    // IDs are dropped from items of any popularity, so their row starts at the mean.
    expect(bias[0]).toBeCloseTo(logCounts.reduce((sum, value) => sum + value) / 4, 5);
  });

  test('has popularity with mean 0 and deviation 1 over the items, and its unit in logarithms of counts', async () => {
    const { frozen } = await start(data);
    const popularity = frozen['item.popularity']!.data;
    const mean = logCounts.reduce((sum, value) => sum + value) / 4;
    const deviation = Math.sqrt(logCounts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    expect(frozen['item.popularity.deviation']!.data[0]).toBeCloseTo(deviation, 5);
    for (const [item, value] of logCounts.entries()) {
      expect(popularity[rowOf(item)]).toBeCloseTo((value - mean) / deviation, 5);
    }
    expect(popularity[0]).toBe(0);
  });

  test('takes the scale of the ratings and what counts as positive from the data', async () => {
    const { config } = await start(data);
    // Ratings 5, 1, 4 and 3. Views have none.
    expect(config.labels.mean).toBeCloseTo(3.25, 6);
    expect(config.labels.deviation).toBeCloseTo(Math.sqrt((1.75 ** 2 + 2.25 ** 2 + 0.75 ** 2 + 0.25 ** 2) / 4), 6);
    expect(config).toMatchObject({ positiveFrom: 4, support: 'feedback', supportLimit: 1000 });
  });

  test('takes what counts as positive from the data if they say it', async () => {
    const { config, parameters } = await start({ ...data, positiveFrom: 3 });
    expect(config.positiveFrom).toBe(3);
    // Item 2 has a rating of 3.
    expect(parameters['item.bias']!.data[rowOf(2)]).toBeCloseTo(Math.log(1.5), 5);
  });

  test('refuses data without positives', async () => {
    const disliked = dataOf([[[0, rate, 1]], [[1, rate, 1]]], 2);
    await expect(start(disliked, { positiveFrom: 4 })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  test('keeps what the recipe says, also of positives', async () => {
    const { config, parameters } = await start(data, { positiveFrom: 3, supportLimit: 7 });
    expect(config).toMatchObject({ positiveFrom: 3, supportLimit: 7 });
    expect(parameters['item.bias']!.data[rowOf(2)]).toBeCloseTo(Math.log(1.5), 5);
  });

  test('has the biases of items and the range of the ratings for predicted ratings', async () => {
    const { config, frozen } = await start(data, { labels: { mean: 3, deviation: 2 } });
    expect(config.ratingHead.width).toBe(16);
    const { 'rating.items': items, 'rating.range': range } = frozen;
    expect([items!.shape, [...range!.data]]).toEqual([
      [5, 17],
      [1, 5],
    ]);
    const biasOf = (item: number) => items!.data[17 * rowOf(item)]!;
    // Ratings of 5 and 4 against ratings of 1 and 3.
    expect(biasOf(0)).toBeGreaterThan(0.1);
    expect(biasOf(1)).toBeGreaterThan(0.05);
    expect(biasOf(2)).toBeLessThan(-0.1);
    expect([biasOf(3), items!.data[0]]).toEqual([0, 0]);
  });

  test('predicts no ratings if the data have none, or if the recipe says so', async () => {
    const views = await start(dataOf([[[0, view, 0]], [[0, view, 0]]], 2));
    const switchedOff = await start(data, { ratingHead: { ...views.config.ratingHead, width: 0 } });
    for (const { config, frozen } of [views, switchedOff]) {
      expect(config.ratingHead.width).toBe(0);
      expect(Object.keys(frozen).filter((name) => name.startsWith('rating'))).toEqual([]);
    }
  });

  test('has labels of scale 1 without ratings', async () => {
    const { config, parameters } = await start(dataOf([[[0, view, 0]], [[0, view, 0]]], 2));
    expect(config.labels).toEqual({ mean: 0, deviation: 1 });
    expect([...parameters['item.bias']!.data].every(Number.isFinite)).toBe(true);
  });
});

describe('the factors of new items in the closed-form head', () => {
  /** Users like the items of one color. The last item of each color is new: its ID is not in the schema. */
  const colors = ['red', 'blue'];
  const things = Array.from({ length: 20 }, (_, item) => ({ id: `item ${item}`, color: colors[item % 2]! }));
  const people = Array.from({ length: 12 }, (_, user) => ({ id: `user ${user}` }));
  const id = { name: 'id', kind: 'categorical' } as const;
  const color = { entity: 'item', name: 'color', kind: 'categorical' } as const;
  const schema = fitFeatureSchema(
    [{ entity: 'user', ...id }, color, { entity: 'item', ...id }],
    people,
    things.slice(0, 18),
    { minimumCount: { user: 1, item: 1 } },
  );
  const tasks = people.map((_, user): Task => {
    const items = Int32Array.from({ length: 6 }, (_, at) => ((2 * (user + at)) % 18) + (user % 2));
    return {
      users: Int32Array.of(user),
      items,
      types: new Uint8Array(6).fill(view),
      labels: new Float32Array(6),
    };
  });
  const data: TrainingData = {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    tasks,
  };

  test('make users of its color like a new item more than others do', async () => {
    const { artifact } = await trainRecipe({
      kind: 'cmml',
      ids: ['item'],
      config: { objective: 'softmax', vectorWidth: 2, closedForm: { width: 4 }, novelty: 0, rarity: 0 },
      // Without learning, only the closed-form head tells the users apart.
      options: { epochs: 1, learningRate: 1e-9, validationShare: 0, episodes: { minimumPairs: 2 } },
      data,
      engine: await openEngine('onnx'),
    });
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const catalog = await recommender.embedItems(data.items);
    const scoresOf = async (user: number) => {
      const { items, labels, types } = tasks[user]!;
      const users = selectEmbeddings(await recommender.embedUsers(data.users), [user]);
      const support = { users, items: selectEmbeddings(catalog, [...items]), labels, types: types! };
      return recommender.score(await recommender.adapt(support), users, catalog);
    };
    const [likesRed, likesBlue] = [await scoresOf(0), await scoresOf(1)];
    expect(likesRed[18]! - likesRed[19]!).toBeGreaterThan(likesBlue[18]! - likesBlue[19]! + 1);
  });
});

describe('CMML that ranks the catalog, trained on users of two tastes', () => {
  const items = 40;
  /**
   * User u rates ten items of the own half 5, and ten of the other half 1. Even items are one half, odd ones the other.
   */
  const users = Array.from({ length: 80 }, (_, user) =>
    Array.from({ length: 20 }, (_, at): Pair => {
      const item = 2 * ((3 * Math.floor(user / 2) + 7 * Math.floor(at / 2)) % 20) + (at % 2);
      return [item, rate, item % 2 === user % 2 ? 5 : 1];
    }),
  );
  const data = dataOf(users, items);

  test.each(['linear', 'film'])(
    'ranks the own taste first, and tells ratings of 5 from ratings of 1 (%s)',
    async (modulation) => {
      const { artifact } = await trainRecipe({
        kind: 'cmml',
        ids: ['item'],
        config: {
          ...{ objective: 'softmax', modulation, vectorWidth: 8, closedForm: { width: 4 } },
          ...{ hyperWidths: [8], backboneWidths: [8] },
        },
        options: {
          ...{ epochs: 45, tasksPerStep: 16, learningRate: 0.02, weightDecay: 0, validationShare: 0 },
          episodes: { supportPairs: 20, shortSupportPairs: 5, minimumPairs: 2 },
        },
        data,
        engine: await openEngine('onnx'),
      });
      const recommender = await loadRecommender(artifact, await openEngine('wasm'));
      const catalog = await recommender.embedItems(data.items);
      const user = selectEmbeddings(await recommender.embedUsers(data.users), [0]);
      const listOf = async (shown: readonly number[], label: number) => {
        const adaptation = await recommender.adapt({
          users: user,
          items: selectEmbeddings(catalog, shown),
          labels: new Float32Array(shown.length).fill(label),
          types: new Uint8Array(shown.length).fill(rate),
        });
        const scores = await recommender.score(adaptation, user, catalog);
        return [...scores.keys()].filter((item) => !shown.includes(item)).sort((a, b) => scores[b]! - scores[a]!);
      };
      for (const half of [0, 1]) {
        const own = (item: number) => item % 2 === half;
        const few = [4, 10, 16].map((item) => item + half);
        // Of the half of 20 items, 17 are not shown.
        expect((await listOf(few, 5)).slice(0, 15).filter(own)).toHaveLength(15);
        const many = Array.from({ length: 10 }, (_, at) => 2 * at + half);
        expect((await listOf(many, 5)).slice(0, 8).every(own)).toBe(true);
        // No user of the training data dislikes all that is shown, so the other half need not be all of the list.
        expect((await listOf(many, 1)).slice(0, 8).filter(own).length).toBeLessThanOrEqual(2);
      }
      recommender.dispose();
    },
  );

  test('predicts high ratings of the own taste, low ones of the other, and mean ones for nobody', async () => {
    const { config, frozen, parameters } = await start(data);
    const artifact = { kind: 'cmml', schema: data.schema, config, parameters: { ...parameters, ...frozen } };
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const catalog = await recommender.embedItems(data.items);
    const user = selectEmbeddings(await recommender.embedUsers(data.users), [0]);
    const ratings = recommender.ratings!;
    const predict = async (shown: readonly Pair[]) => {
      const ids = shown.map(([item]) => item);
      const predicted = await ratings.predict(
        await ratings.adapt({
          users: user,
          items: selectEmbeddings(catalog, ids),
          labels: Float32Array.from(shown, ([, , label]) => label),
          types: Uint8Array.from(shown, ([, type]) => type),
        }),
        catalog,
      );
      return [...predicted.entries()].filter(([item]) => !ids.includes(item));
    };
    for (const [, rating] of await predict([])) expect(Math.abs(rating - 3)).toBeLessThan(0.2);
    for (const half of [0, 1]) {
      const shown = Array.from({ length: 10 }, (_, item): Pair => [item, rate, item % 2 === half ? 5 : 1]);
      for (const [item, rating] of await predict(shown)) {
        if (item % 2 === half) expect(rating).toBeGreaterThan(4);
        else expect(rating).toBeLessThan(2);
      }
    }
    recommender.dispose();
  });
});
