import { beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { updateItems } from '../../src/catalog/update-items.ts';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import { testDatabase } from '../support/test-database.ts';

describe('updateItems', () => {
  const db = testDatabase();
  const stored = async (externalId: string) => {
    const { title, features, available, revision } = await db.database.item.findUniqueOrThrow({
      where: { externalId },
    });
    return { title, features, available, revision };
  };

  beforeAll(async () => {
    await declareFeatureFields(db.database, [
      { entity: 'ITEM', name: 'price', kind: 'NUMERIC' },
      { entity: 'ITEM', name: 'color', kind: 'CATEGORICAL' },
    ]);
    await upsertItems(db.database, [
      { externalId: 'shoe', title: 'Shoe', features: { price: 5, color: 'red' } },
      { externalId: 'hat', title: 'Hat', available: false },
    ]);
  });

  test('changes what is given and keeps the rest, and returns the items in the order of the input', async () => {
    const items = await updateItems(db.database, [
      { externalId: 'hat', available: true, features: { color: 'blue' } },
      { externalId: 'shoe', features: { price: 7 } },
    ]);
    expect(items.map(({ externalId }) => externalId)).toEqual(['hat', 'shoe']);
    expect(await stored('hat')).toMatchObject({ title: 'Hat', available: true, features: { color: 'blue' } });
    expect(await stored('shoe')).toMatchObject({
      title: 'Shoe',
      available: true,
      features: { price: 7, color: 'red' },
    });
  });

  test('makes a feature unknown by null, and changes a title', async () => {
    await updateItems(db.database, [{ externalId: 'shoe', title: 'Boot', features: { color: null } }]);
    expect(await stored('shoe')).toMatchObject({ title: 'Boot', features: { price: 7, color: null } });
  });

  test('changes nothing if there is any error, and reports all of them', async () => {
    const before = await stored('shoe');
    const change = updateItems(db.database, [
      { externalId: 'shoe', title: ' ' },
      { externalId: 'hat', features: { price: 'cheap' } },
      { externalId: 'scarf' },
    ]);
    await expect(change).rejects.toMatchObject({
      errors: [
        { code: 'BAD_USER_INPUT', field: ['items', 0, 'title'] },
        { code: 'BAD_USER_INPUT', field: ['items', 1, 'features', 'price'] },
        { code: 'BAD_USER_INPUT', field: ['items', 2] },
      ],
    });
    const unknown = updateItems(db.database, [
      { externalId: 'shoe', title: 'New' },
      { externalId: 'scarf', title: 'New' },
    ]);
    await expect(unknown).rejects.toMatchObject({ errors: [{ code: 'ITEM_NOT_FOUND', field: ['items', 1] }] });
    expect(await stored('shoe')).toEqual(before);
  });
});
