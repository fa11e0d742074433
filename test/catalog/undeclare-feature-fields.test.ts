import { beforeEach, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { declaredFields, type StoredFeatureField, storedFields } from '../../src/catalog/feature-fields.ts';
import { undeclareFeatureFields } from '../../src/catalog/undeclare-feature-fields.ts';
import { upsertUsers } from '../../src/catalog/upsert-users.ts';
import { countStatements } from '../support/count-statements.ts';
import { testDatabase } from '../support/test-database.ts';

const db = testDatabase();
const region: StoredFeatureField = { entity: 'USER', name: 'region', kind: 'CATEGORICAL', width: null };
const age: StoredFeatureField = { entity: 'USER', name: 'age', kind: 'NUMERIC', width: null };
const ageOfItem: StoredFeatureField = { entity: 'ITEM', name: 'age', kind: 'NUMERIC', width: null };

beforeEach(async () => {
  await db.pool.query('TRUNCATE feature_fields, users CASCADE');
  await declareFeatureFields(db.database, [region, age, ageOfItem]);
});

describe('undeclareFeatureFields', () => {
  test('removes fields of an entity and returns the others in the order of their declaration', async () => {
    expect(await undeclareFeatureFields(db.database, [age, age])).toEqual([region, ageOfItem]);
    expect(await storedFields(db.database)).toEqual([region, ageOfItem]);
  });

  test('keeps the values, and refuses new ones', async () => {
    await upsertUsers(db.database, [{ externalId: 'u1', features: { age: 3, region: 'north' } }]);
    await undeclareFeatureFields(db.database, [age]);
    expect((await db.database.user.findFirstOrThrow()).features).toEqual({ age: 3, region: 'north' });
    await expect(upsertUsers(db.database, [{ externalId: 'u1', features: { age: 4 } }])).rejects.toThrow(
      'users.0.features.age: expected a declared user feature (region), got "age"',
    );
  });

  test('removes nothing, and reports every field that is not declared', async () => {
    const unknown = ['nothing', 'a\0', '\ud800', 'constructor'].map((name) => ({ entity: 'USER', name }) as const);
    await expect(undeclareFeatureFields(db.database, [age, ...unknown])).rejects.toMatchObject({
      errors: [
        {
          code: 'BAD_USER_INPUT',
          field: ['fields', 1, 'name'],
          message: 'fields.1.name: expected a declared USER feature, got "nothing"',
        },
        { field: ['fields', 2, 'name'] },
        { field: ['fields', 3, 'name'] },
        { field: ['fields', 4, 'name'] },
      ],
    });
    expect(await declaredFields(db.database)).toHaveLength(3);
  });

  test('removes a field that no longer can be declared', async () => {
    await db.pool.query("INSERT INTO feature_fields (entity, name, kind) VALUES ('USER', '__proto__', 'CATEGORICAL')");
    expect(await undeclareFeatureFields(db.database, [{ entity: 'USER', name: '__proto__' }])).toHaveLength(3);
  });

  test('allows another kind afterwards', async () => {
    await undeclareFeatureFields(db.database, [region]);
    const declared = await declareFeatureFields(db.database, [{ ...region, kind: 'MULTI_VALUED' }]);
    expect(declared).toContainEqual({ ...region, kind: 'MULTI_VALUED' });
  });

  test.each([0, 101])('refuses a list of %d fields without running a statement', async (length) => {
    const refused = async () => {
      const undeclared = undeclareFeatureFields(db.database, Array(length).fill(age));
      await expect(undeclared).rejects.toThrow(`fields: expected 1 to 100 entries, got ${length}`);
    };
    expect(await countStatements(refused)).toBe(0);
  });

  test('does not deadlock with calls that list the same fields in another order', async () => {
    const fields = Array.from({ length: 60 }, (_, n): StoredFeatureField => ({ ...age, name: `at once ${n}` }));
    for (let round = 0; round < 5; round++) {
      await declareFeatureFields(db.database, fields);
      const calls = [fields, fields.toReversed()].map((listed) => undeclareFeatureFields(db.database, listed));
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
    expect(await declaredFields(db.database)).toHaveLength(3);
  });
});
