import { beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields, type FeatureFieldInput } from '../../src/catalog/declare-feature-fields.ts';
import { declaredFields } from '../../src/catalog/feature-fields.ts';
import { checkItemFilter } from '../../src/catalog/item-filter.ts';
import { updateItems } from '../../src/catalog/update-items.ts';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('vector features', () => {
  const db = testDatabase();
  const vector = (name: string, width?: number | null): FeatureFieldInput => ({
    ...{ entity: 'ITEM', name, kind: 'VECTOR' },
    width,
  });
  const declare = (...fields: FeatureFieldInput[]) => declareFeatureFields(db.database, fields);
  const store = (text: unknown) => upsertItems(db.database, [{ externalId: 'i1', title: 'I', features: { text } }]);

  beforeAll(async () => {
    await declare(vector('text', 3));
  });

  test('are declared with a width from 1 to 4096, which other kinds do not have', async () => {
    const message = 'expected a width from 1 to 4096 for the kind VECTOR, got';
    await expect(
      declare(vector('a'), vector('b', 0), vector('c', 4097), { ...vector('d', 3), kind: 'NUMERIC' }),
    ).rejects.toMatchObject({
      errors: [
        { code: 'BAD_USER_INPUT', field: ['fields', 0, 'width'], message: `fields.0.width: ${message} none` },
        { message: `fields.1.width: ${message} 0` },
        { message: `fields.2.width: ${message} 4097` },
        { message: 'fields.3.width: expected no width for the kind NUMERIC, got 3' },
      ],
    });
    expect(await declaredFields(db.database)).toEqual([{ entity: 'item', name: 'text', kind: 'vector', width: 3 }]);
  });

  test('keep their width', async () => {
    await expect(declare(vector('text', 4))).rejects.toThrow(
      'fields.0.width: expected 3, since the ITEM feature "text" is declared with this width, got 4',
    );
    const fields = [{ entity: 'item', name: 'text', kind: 'vector', width: 4 } as const];
    await expect(loadDataset(db.pool, smallDataset({ fields }), { ratingScale })).rejects.toThrow(
      'the item feature "text" is declared as vector of width 3 and cannot become vector of width 4',
    );
  });

  test('have a width in the database, whoever stores them', async () => {
    for (const [kind, width] of [
      ['VECTOR', 'NULL'],
      ['VECTOR', '4097'],
      ['NUMERIC', '3'],
    ])
      await expect(
        db.pool.query(
          `INSERT INTO feature_fields (entity, name, kind, width) VALUES ('ITEM', 'x', '${kind}', ${width})`,
        ),
      ).rejects.toThrow('feature_fields_width_of_vectors');
  });

  test.each<[unknown, string]>([
    [[1, 2], 'a list of 2'],
    [[1, 2, 3, 4], 'a list of 4'],
    [[1, '2', 3], 'a list of 3 with "2" at place 2'],
    [[1, 2, 1e16], 'a list of 3 with 10000000000000000 at place 3'],
    [[1, 2, null], 'a list of 3 with null at place 3'],
    [[], 'a list of 0'],
    ['1,2,3', '"1,2,3"'],
    [7, '7'],
  ])('refuse %j', async (text, found) => {
    await expect(store(text)).rejects.toThrow(
      `items.0.features.text: expected a list of 3 numbers from -1e+15 to 1e+15 for the vector item feature "text", got ${found}`,
    );
  });

  test('are stored with the decimals that 32 bits have, and a vector of zeros as null', async () => {
    const [item] = await store([0.1, 1 / 3, -1e15]);
    expect(item?.features).toEqual({ text: [0.1, 0.33333334, -999999986991104] });
    expect((await store([0, 0, 0]))[0]?.features).toEqual({ text: null });
    const change = { externalId: 'i1', features: { text: [1, 0.2, 1e-60] } };
    expect((await updateItems(db.database, [change]))[0]?.features).toEqual({ text: [1, 0.2, 0] });
  });

  test('have no filter conditions', async () => {
    const fields = await declaredFields(db.database);
    expect(() => checkItemFilter(fields, { features: [{ feature: 'text', atLeast: 1 }] })).toThrow(
      'filter.features.0.feature: expected a feature that has conditions, got the vector feature "text"',
    );
  });
});
