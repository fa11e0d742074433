import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine, EngineName } from '../../../../src/engine/engine.ts';
import { openEngine } from '../../../../src/engine/engines.ts';
import { encodeFeatures } from '../../../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../../../src/features/interaction-types.ts';
import { loadListCmml } from '../../../../src/models/cmml/lists/list-recommender.ts';
import { type Recommender, type SupportSet, selectEmbeddings } from '../../../../src/models/recommender.ts';
import { weightsOf } from '../reference-weights.ts';
import { opinionOf, ReferenceLists, type ReferencePair } from './reference-lists.ts';
import { smallList } from './small-list.ts';

const fields: FeatureField[] = [
  { entity: 'user', name: 'gender', kind: 'categorical' },
  { entity: 'user', name: 'age', kind: 'numeric' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
];
const ids: FeatureField[] = [
  { entity: 'user', name: 'id', kind: 'categorical' },
  { entity: 'item', name: 'id', kind: 'categorical' },
];
const users: Features[] = [
  { gender: 'f', age: 20, id: 'u1' },
  { gender: 'm', age: 35, id: 'u2' },
];
const items: Features[] = [
  { genres: ['drama', 'crime'], id: 'a' },
  { genres: ['comedy'], id: 'b' },
  { genres: ['drama', 'comedy', 'action'], id: 'c' },
  { genres: [], id: 'd' },
  { genres: ['crime'], id: 'e' },
];
const newItem: Features = { genres: ['comedy', 'action'], id: 'f' };

/**
 * In the last days: rated high and low, seen, bought, rated high again, and disliked by a type that training did not see. The last item of
 * the catalog, of an unknown ID, is among them.
 */
const pairs: ReferencePair[] = [
  { item: 2, type: typeIndex('RATE'), label: 5, age: 400 },
  { item: 0, type: typeIndex('RATE'), label: 1, age: 20 },
  { item: 4, type: typeIndex('VIEW'), label: 0, amount: 1.5, age: 2 },
  { item: 5, type: typeIndex('PURCHASE'), label: 0, amount: -0.25, age: 0.3 },
  { item: 1, type: typeIndex('RATE'), label: 4, age: 0.01 },
  { item: 3, type: typeIndex('DISLIKE'), label: 0, opinion: -2, age: 0.001 },
];

const entities = { user: 'user', item: 'item' } as const;
const variants = [
  ['all features', { user: true, item: true }, {}],
  ['no features of users', { user: false, item: true }, {}],
  ['no features of items', { user: true, item: false }, {}],
  ['IDs alone', { user: false, item: false }, {}],
  ['no closed-form head', { user: true, item: true }, { closedForm: { width: 0 } }],
  ['no rating head', { user: true, item: true }, { ratingHead: { width: 0 } }],
  ['no head at all', { user: true, item: true }, { closedForm: { width: 0 }, ratingHead: { width: 0 } }],
  [
    'amounts',
    { user: true, item: true },
    { amounts: { VIEW: { mean: 20, deviation: 8 }, PURCHASE: { mean: 2, deviation: 4 } } },
  ],
  ['ages', { user: true, item: true }, { ages: true }],
  ['a half-life', { user: true, item: true }, { closedForm: { width: 3, halfLife: 3 } }],
  ['a network with FiLM', { user: true, item: true }, { modulation: 'film' }],
] as const;

describe.each(variants)('CMML that ranks the catalog with %s', (_, has, variant) => {
  const own = fields.filter(({ entity }) => has[entities[entity]]);
  const schema = fitFeatureSchema([...own, ...ids], users, items, { minimumCount: { user: 1, item: 1 } });
  const encoded = {
    users: encodeFeatures(schema, 'user', users),
    items: encodeFeatures(schema, 'item', [...items, newItem]),
  };
  const { config, parameters } = smallList(schema, variant);
  const weights = weightsOf(parameters);
  const popularity = weights['item.popularity'] as number[];
  const reference = new ReferenceLists(config, weights, { ...encoded, popularity });
  const withoutLeans = new ReferenceLists({ ...config, novelty: 0, rarity: 0 }, weights, { ...encoded, popularity });

  describe.each<EngineName>(['onnx', 'wasm'])('on %s', (name) => {
    let engine: Engine;
    let recommender: Recommender;
    let supportOf: (from?: number, to?: number) => SupportSet;
    let embedded: Awaited<ReturnType<Recommender['embedItems']>>;
    let user: typeof embedded;
    beforeAll(async () => {
      engine = await openEngine(name);
      recommender = await loadListCmml({ kind: 'cmml', schema, config, parameters }, engine);
      embedded = await recommender.embedItems(encoded.items);
      user = selectEmbeddings(await recommender.embedUsers(encoded.users), [1]);
      supportOf = (from, to) => {
        const some = pairs.slice(from, to);
        return {
          users: user,
          items: selectEmbeddings(
            embedded,
            some.map(({ item }) => item),
          ),
          labels: Float32Array.from(some, ({ label }) => label),
          types: Uint8Array.from(some, ({ type }) => type),
          opinions: Float32Array.from(some, opinionOf),
          // 32 seconds of a view, and one purchased piece.
          amounts: Float32Array.from(some, ({ type }) => ({ 1: 32, 3: 1 })[type] ?? Number.NaN),
          ages: Float32Array.from(some, ({ age = 0 }) => age),
        };
      };
    });

    test.each([0, 1, 3, 6])('scores every item as a plain computation does after %i interactions', async (count) => {
      const adaptation = await recommender.adapt(supportOf(0, count));
      const scores = await recommender.score(adaptation, user, embedded);
      for (const [row, score] of scores.entries()) {
        expect(score).toBeCloseTo(reference.score(pairs.slice(0, count), 1, row), 3);
      }
    });

    test.each([0, 1, 3, 6])('scores items of a pool without leans after %i interactions', async (count) => {
      const adaptation = await recommender.adapt(supportOf(0, count));
      const [scores, inCatalog] = [
        await recommender.score(adaptation, user, embedded, 'pool'),
        await recommender.score(adaptation, user, embedded, 'catalog'),
      ];
      for (const [row, score] of scores.entries()) {
        expect(score).toBeCloseTo(withoutLeans.score(pairs.slice(0, count), 1, row), 3);
      }
      expect(scores.every((score, row) => score === inCatalog[row])).toBe(count === 0);
    });

    test('explains a score in a pool by parts without leans', async () => {
      const adaptation = await recommender.adapt(supportOf());
      const explained = await recommender.explain(adaptation, user, embedded, 'pool');
      const name = config.modulation === 'linear' ? 'bias' : 'retrieved';
      for (let row = 0; row < embedded.rows; row++) {
        const { product, bias, popularity } = withoutLeans.parts(pairs, 1, row);
        const expected = name === 'bias' ? bias + popularity : product + bias + popularity;
        expect(explained[name]?.data[row]).toBeCloseTo(expected, 3);
      }
    });

    test('folds interactions in two parts as it folds all at once', async () => {
      const first = await recommender.adapt(supportOf(0, 2));
      const both = await recommender.adapt(supportOf(2), first);
      const once = await recommender.adapt(supportOf());
      expect(both.pairs).toBe(6);
      for (const [at, value] of once.state.entries()) expect(both.state[at]).toBeCloseTo(value, 5);
    });

    test('counts a liked item once in the closed-form head, and an item whose latest interaction is a low rating never', async () => {
      const supportFrom = (...interactions: ReferencePair[]): SupportSet => ({
        users: user,
        items: selectEmbeddings(
          embedded,
          interactions.map(({ item }) => item),
        ),
        labels: Float32Array.from(interactions, ({ label }) => label),
        types: Uint8Array.from(interactions, ({ type }) => type),
        opinions: Float32Array.from(interactions, opinionOf),
      });
      const headOf = async (...interactions: ReferencePair[]) => {
        const { closedForm } = await recommender.explain(
          await recommender.adapt(supportFrom(...interactions)),
          user,
          embedded,
        );
        return [...(closedForm?.data ?? [])];
      };
      const view = (item: number): ReferencePair => ({ item, type: typeIndex('VIEW'), label: 0 });
      const rate = (item: number, label: number): ReferencePair => ({ item, type: typeIndex('RATE'), label });
      const once = await headOf(view(2));
      expect(await headOf(view(2), rate(2, 5))).toEqual(once);
      expect(await headOf(view(4), view(2), rate(4, 1))).toEqual(once);
      // The same in two parts: what was liked is taken back.
      const first = await recommender.adapt(supportFrom(view(4), view(2)));
      const second = await recommender.adapt(supportFrom(rate(4, 1)), first);
      const { closedForm } = await recommender.explain(second, user, embedded);
      for (const [row, value] of once.entries()) expect(closedForm?.data[row]).toBeCloseTo(value, 4);
    });

    test('explains a score by parts that sum to it', async () => {
      const adaptation = await recommender.adapt(supportOf());
      const scores = await recommender.score(adaptation, user, embedded);
      const explained = await recommender.explain(adaptation, user, embedded);
      for (const [row, score] of scores.entries()) {
        const numbers = (part: string) => {
          const { shape = [], data = [] } = explained[part] ?? {};
          const width = shape[1] ?? 1;
          return Array.from(data.slice(row * width, (row + 1) * width));
        };
        const parts = reference.parts(pairs, 1, row);
        for (const [unit, value] of numbers('context').entries()) expect(value).toBeCloseTo(parts.context[unit]!, 4);
        const [head = 0] = numbers('closedForm');
        expect(head).toBeCloseTo(parts.closedForm, 3);
        if (config.modulation === 'linear') {
          const product = numbers('weight').reduce((sum, weight, unit) => sum + weight * numbers('hidden')[unit]!, 0);
          expect(product + numbers('bias')[0]! + head).toBeCloseTo(score, 3);
        } else {
          expect(numbers('retrieved')[0]).toBeCloseTo(parts.product + parts.bias + parts.popularity, 3);
          expect(numbers('retrieved')[0]! + head + parts.network).toBeCloseTo(score, 3);
        }
      }
    });

    test.each([0, 1, 3, 6])('predicts ratings as a plain computation does after %i interactions', async (count) => {
      const { ratings } = recommender;
      expect(ratings !== undefined).toBe(config.ratingHead.width > 0);
      if (!ratings) return;
      const predicted = await ratings.predict(await ratings.adapt(supportOf(0, count)), embedded);
      expect(predicted).toHaveLength(6);
      for (const [row, rating] of predicted.entries()) {
        expect(rating).toBeCloseTo(reference.rating(pairs.slice(0, count), row), 4);
      }
    });

    test('has item vectors whose products are those of the output vectors and of the scaled factors', () => {
      const vectors = recommender.itemVectors?.(embedded);
      const { width, scale } = config.closedForm;
      expect(vectors).toMatchObject({ rows: 6, width: config.vectorWidth + width });
      for (const [row, other] of [
        [0, 1],
        [2, 5],
      ] as const) {
        const of = (each: number) => [...vectors!.data.subarray(each * vectors!.width, (each + 1) * vectors!.width)];
        const factors = (each: number) => (width > 0 ? reference.factors(each) : []);
        const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
        const expected =
          dot(reference.item(row).output, reference.item(other).output) + scale * dot(factors(row), factors(other));
        expect(dot(of(row), of(other))).toBeCloseTo(expected, 4);
      }
    });

    test('refuses a support set without types', async () => {
      const { types: _, ...untyped } = supportOf();
      await expect(recommender.adapt(untyped)).rejects.toThrow(
        new TypeError('Expected a support set with the types of its interactions, got none.'),
      );
    });
  });
});
