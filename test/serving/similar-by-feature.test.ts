import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { undeclareFeatureFields } from '../../src/catalog/undeclare-feature-fields.ts';
import { updateItems } from '../../src/catalog/update-items.ts';
import { openEngine } from '../../src/engine/engines.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { findSimilarItems, type SimilarItemsRequest } from '../../src/serving/similar-items.ts';
import { externalIds } from '../support/external-ids.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const fields: FeatureField[] = [
  { entity: 'item', name: 'half', kind: 'categorical' },
  { entity: 'item', name: 'text', kind: 'vector', width: 2 },
  { entity: 'user', name: 'taste', kind: 'vector', width: 2 },
];
/** Item n points n² degrees away from the first axis, and is n long. Items 5 and 6 have no direction. */
const angleOf = (n: number) => (n * n * Math.PI) / 180;
const items = Array.from({ length: 12 }, (_, n) => ({
  id: `i${n}`,
  title: `Item ${n}`,
  features: {
    half: n < 6 ? 'first' : 'second',
    text: n === 5 ? null : n === 6 ? [0, 0] : [(n + 1) * Math.cos(angleOf(n)), (n + 1) * Math.sin(angleOf(n))],
  },
}));

describe('similar items by a vector feature', () => {
  const db = testDatabase();
  let service: Lists;
  const similar = async (item: string, rest: Partial<SimilarItemsRequest> = {}) =>
    findSimilarItems(await service.session(), { item, first: 100, feature: 'text', ...rest });
  const named = async (...request: Parameters<typeof similar>) =>
    externalIds(db.database, (await similar(...request)).items);
  const others = ['i1', 'i2', 'i3', 'i4', 'i7', 'i8', 'i9', 'i10', 'i11'];

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset({ fields, items }), { ratingScale });
    service = await openLists(db, await openEngine('wasm'));
  });
  afterAll(() => service.close());

  test('are those with the largest cosines, without a model, and without items that lack the feature', async () => {
    const { items: found, hasNextPage } = await similar('i0');
    const ids = await externalIds(db.database, found);
    expect(ids).toEqual(others);
    expect(hasNextPage).toBe(false);
    for (const [place, { similarity, modelVersionId }] of found.entries()) {
      expect(similarity).toBeCloseTo(Math.cos(angleOf(Number(ids[place]?.slice(1)))), 5);
      expect(modelVersionId).toBeNull();
    }
  });

  test('are none if the item has no direction', async () => {
    for (const item of ['i5', 'i6']) expect(await similar(item)).toEqual({ items: [], hasNextPage: false });
  });

  test('go on page by page, and a cursor belongs to its feature', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 5; pages++) {
      const page = await similar('i0', { first: 2, after });
      seen.push(...(await externalIds(db.database, page.items)));
      after = page.items.at(-1)?.cursor;
    }
    expect(seen).toEqual(others);
    await expect(similar('i0', { after, feature: null })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('a list with a different "feature"'),
    });
  });

  test('pass the filter', async () => {
    const filter = { features: [{ feature: 'half', in: ['second'] }] };
    expect(await named('i0', { filter })).toEqual(others.slice(4));
  });

  test.each(['half', 'taste', 'nothing'])('cannot be compared by “%s”', async (feature) => {
    await expect(similar('i0', { feature })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: `feature: expected a declared vector feature of items (text), got "${feature}"`,
    });
  });

  test('follow changes of the vectors', async () => {
    await updateItems(db.database, [{ externalId: 'i5', features: { text: [5, 0.01] } }]);
    expect((await named('i0'))[0]).toBe('i5');
    await updateItems(db.database, [{ externalId: 'i5', features: { text: null } }]);
    expect(await named('i0')).toEqual(others);
  });

  test('are compared by a feature of another width once it is declared so', async () => {
    await undeclareFeatureFields(db.database, [{ entity: 'ITEM', name: 'text' }]);
    await declareFeatureFields(db.database, [{ entity: 'ITEM', name: 'text', kind: 'VECTOR', width: 3 }]);
    const text = (numbers: number[]) => ({ features: { text: numbers } });
    await updateItems(db.database, [
      { externalId: 'i0', ...text([1, 0, 0]) },
      { externalId: 'i9', ...text([0, 1, 1]) },
      { externalId: 'i3', ...text([9, 1, 1]) },
    ]);
    expect(await named('i0')).toEqual(['i3', 'i9']);
  });
});
