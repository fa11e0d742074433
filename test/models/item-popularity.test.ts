import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { countInteractions, countsParameter } from '../../src/models/item-popularity.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';

const items = ['a', 'b', 'c', 'd'].map((id) => ({ id, genre: 'drama' }));
const schema = fitFeatureSchema(
  [
    { entity: 'user', name: 'country', kind: 'categorical' },
    { entity: 'item', name: 'genre', kind: 'categorical' },
    { entity: 'item', name: 'id', kind: 'categorical' },
  ],
  [{ country: 'X' }],
  items,
);
const encoded = encodeFeatures(schema, 'item', items);
/** Interactions: three with a, two with d, one with b, none with c. */
const parameters = countInteractions(schema, encoded, Int32Array.of(0, 3, 0, 1, 3, 0));

async function load(): Promise<Recommender> {
  return loadRecommender({ kind: 'itemPopularity', config: {}, schema, parameters }, await openEngine('cpu'));
}

async function adapt(recommender: Recommender, pairs: readonly (readonly [string, number])[]) {
  return recommender.adapt({
    users: { rows: 1, width: 1, data: new Float32Array(1) },
    items: await embed(
      recommender,
      pairs.map(([id]) => id),
    ),
    labels: Float32Array.from(pairs, ([, label]) => label),
  });
}

function embed(recommender: Recommender, ids: readonly string[]) {
  return recommender.embedItems(
    encodeFeatures(
      schema,
      'item',
      ids.map((id) => ({ id, genre: 'drama' })),
    ),
  );
}

const user = { rows: 1, width: 1, data: new Float32Array(1) };

describe('ItemPop', () => {
  test('counts training interactions by item ID, in any order of IDs', () => {
    const counts = [...(parameters[countsParameter]?.data ?? [])];
    expect(counts.toSorted()).toEqual([0, 0, 1, 2, 3]);
    expect(counts[0]).toBe(0);
  });

  test('ranks by the count among support pairs, then by the count in training', async () => {
    const recommender = await load();
    const adaptation = await adapt(recommender, [
      ['b', 1],
      ['c', 4.5],
      ['b', 1],
      ['a', 0],
      ['unknown', 1],
    ]);
    const candidates = await embed(recommender, ['a', 'b', 'c', 'd', 'unknown']);
    const scores = await recommender.score(adaptation, user, candidates);
    expect([...scores]).toEqual([0.75, 2.25, 1, 0.5, 0]);
    const { supportCount, trainingCount } = await recommender.explain(adaptation, user, candidates);
    expect([...(supportCount?.data ?? [])]).toEqual([0, 2, 1, 0, 0]);
    expect([...(trainingCount?.data ?? [])]).toEqual([3, 1, 0, 2, 0]);
  });

  test('accepts any number of support pairs', async () => {
    const recommender = await load();
    expect(recommender.supportLimit).toBe(Infinity);
    const adaptation = await adapt(
      recommender,
      Array.from({ length: 1000 }, () => ['d', 1] as const),
    );
    const scores = await recommender.score(adaptation, user, await embed(recommender, ['d']));
    expect(scores[0]).toBeCloseTo(1000.5, 3);
  });

  test('refuses a schema without item IDs', () => {
    const fields = schema.fields.filter(({ name }) => name !== 'id');
    expect(() => countInteractions({ fields, hash: '' }, encoded, Int32Array.of(0))).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringContaining('has no item field "id"'),
      }),
    );
  });
});
