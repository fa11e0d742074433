import { describe, expect, test } from '@jest/globals';
import { checkFeatures, featureErrorsOf, type UncheckedFeatures } from '../../src/catalog/check-features.ts';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { declaredFields, type StoredFeatureField } from '../../src/catalog/feature-fields.ts';
import { upsertUsers } from '../../src/catalog/upsert-users.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallDataset, smallFields } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

describe('the feature "id"', () => {
  const db = testDatabase();
  const message = 'expected another name for the user feature, since "id" is reserved for the external ID';

  test('cannot be declared by a dataset, and the load stores nothing', async () => {
    const dataset = smallDataset({
      users: [{ id: 'u1', features: {} }],
      fields: [{ entity: 'user', name: 'id', kind: 'categorical' }],
    });
    const load = loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await expect(load).rejects.toMatchObject({ code: 'INVALID_DATA', message });
    expect(await db.database.user.count()).toBe(0);
  });

  test('cannot be set for a user', async () => {
    const users = [{ externalId: 'u1', features: { id: 'x' } }];
    await expect(upsertUsers(db.database, users)).rejects.toMatchObject({
      errors: [{ code: 'BAD_USER_INPUT', message: `users.0.features.id: ${message}` }],
    });
    expect(await db.database.user.count()).toBe(0);
  });
});

describe('checkFeatures', () => {
  const faults = (features: UncheckedFeatures) =>
    featureErrorsOf(smallFields, 'item')(features, ['features']).map(({ field }) => field?.join('.'));

  test.each<[string, UncheckedFeatures]>([
    ['an object without features', {}],
    ['all declared features', { genres: ['a', 'b'], length: 3 }],
    ['null for unknown values', { genres: null, length: null }],
    ['an empty list', { genres: [] }],
    ['the largest number', { length: 1e15 }],
    ['the smallest number', { length: -1e15 }],
    ['a category of 256 characters', { genres: ['x'.repeat(256)] }],
  ])('accepts %s', (_what, features) => {
    expect(faults(features)).toEqual([]);
    expect(() => checkFeatures(smallFields, 'item', features)).not.toThrow();
  });

  test.each<[string, UncheckedFeatures, readonly string[]]>([
    ['undeclared features and features of another entity', { region: 'x', color: 'y' }, ['region', 'color']],
    [
      'undeclared features with the names of built-in properties',
      { toString: 'x', constructor: 'x' },
      ['toString', 'constructor'],
    ],
    ['strings instead of a list and a number', { genres: 'a', length: '3' }, ['genres', 'length']],
    ['a list that contains a number', { genres: ['a', 1] }, ['genres']],
    ['an infinite number', { length: Number.POSITIVE_INFINITY }, ['length']],
    ['NaN', { length: Number.NaN }, ['length']],
    ['a number that is too large', { length: 1.01e15 }, ['length']],
    ['a number that is too small', { length: -1e308 }, ['length']],
    ['objects as values', { length: { valueOf: 3 }, genres: {} }, ['length', 'genres']],
    ['a category with U+0000', { genres: ['\0'] }, ['genres']],
    ['a category with half of a surrogate pair', { genres: ['\udc00'] }, ['genres']],
    ['a category of more than 256 characters', { genres: ['x'.repeat(257)] }, ['genres']],
    ['a list of more than 256 categories', { genres: Array(257).fill('x') }, ['genres']],
  ])('refuses %s', (_what, features, names) => {
    expect(faults(features)).toEqual(names.map((name) => `features.${name}`));
    expect(() => checkFeatures(smallFields, 'item', features)).toThrow(`features.${names[0]}: `);
  });

  test('names the feature and the bounds of a number', () => {
    const [fault] = featureErrorsOf(smallFields, 'item')({ length: 1e30 }, ['features']);
    expect(fault?.message).toBe(
      'features.length: expected a number from -1e+15 to 1e+15 for the numeric item feature "length", got 1e+30',
    );
  });

  test('reports more than 100 features as one error, and shortens long values in messages', () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, 1]));
    expect(faults(many)).toEqual(['features']);
    const [fault] = featureErrorsOf(smallFields, 'item')({ length: 'x'.repeat(10_000) }, []);
    expect(fault?.message.length).toBeLessThan(300);
  });
});

describe('declareFeatureFields', () => {
  const db = testDatabase();
  const field = (name: string, kind: StoredFeatureField['kind'] = 'NUMERIC'): StoredFeatureField => {
    return { entity: 'ITEM', name, kind, width: null };
  };
  const declare = (...fields: StoredFeatureField[]) => declareFeatureFields(db.database, fields);

  test('adds fields in the order of the input after the existing fields', async () => {
    expect(await declare(field('z'), field('b'))).toEqual([field('z'), field('b')]);
    const declared = await declare(
      field('c'),
      field('b'),
      { ...field('b', 'CATEGORICAL'), entity: 'USER' },
      field('a'),
    );
    expect(declared).toEqual([
      field('z'),
      field('b'),
      field('c'),
      { entity: 'USER', name: 'b', kind: 'CATEGORICAL', width: null },
      field('a'),
    ]);
    expect(await declaredFields(db.database)).toHaveLength(5);
  });

  test('adds no fields and reports every error', async () => {
    const refused = declare(field('new'), field('b', 'CATEGORICAL'), field('z', 'MULTI_VALUED'));
    await expect(refused).rejects.toMatchObject({
      errors: [
        {
          code: 'BAD_USER_INPUT',
          field: ['fields', 1, 'kind'],
          message:
            'fields.1.kind: expected NUMERIC, since the ITEM feature "b" is declared with this kind, got CATEGORICAL',
        },
        { field: ['fields', 2, 'kind'] },
      ],
    });
    const named = declare(
      ...['new', '', ' ', 'x'.repeat(65), 'id', 'a\0', '\ud800', '__proto__'].map((name) => field(name)),
    );
    await expect(named).rejects.toMatchObject({
      errors: [1, 2, 3, 4, 5, 6, 7].map((index) => ({ field: ['fields', index, 'name'] })),
    });
    expect(await declaredFields(db.database)).toHaveLength(5);
  });

  test('declares a repeated field once, and refuses it if its kinds differ', async () => {
    expect(await declare(field('twice'), field('twice'))).toContainEqual(field('twice'));
    await expect(declare(field('thrice'), field('thrice', 'CATEGORICAL'))).rejects.toMatchObject({
      errors: [{ field: ['fields', 1, 'kind'] }],
    });
    expect((await declaredFields(db.database)).filter(({ name }) => name === 'twice')).toHaveLength(1);
    expect((await declaredFields(db.database)).filter(({ name }) => name === 'thrice')).toHaveLength(0);
  });

  test.each([0, 101])('refuses a list of %d fields without running a statement', async (length) => {
    const refused = async () => {
      const fields = Array.from({ length }, (_, n) => field(`f${n}`));
      await expect(declare(...fields)).rejects.toThrow(`fields: expected 1 to 100 entries, got ${length}`);
    };
    expect(await countStatements(refused)).toBe(0);
  });

  test('declares fields once when concurrent calls list the same fields in any order', async () => {
    const fields = Array.from({ length: 60 }, (_, n) => field(`at once ${n}`));
    await Promise.all([declare(...fields), declare(...fields.toReversed()), declare(...fields)]);
    const declared = await declaredFields(db.database);
    expect(declared.filter(({ name }) => name.startsWith('at once'))).toHaveLength(60);
  });
});

describe('a feature with the name of a property of all objects', () => {
  const db = testDatabase();

  test.each(['constructor', 'toString', 'prototype'])('can be %s, and is stored like any other', async (name) => {
    await declareFeatureFields(db.database, [{ entity: 'USER', name, kind: 'CATEGORICAL' }]);
    const [user] = await upsertUsers(db.database, [{ externalId: 'u1', features: { [name]: 'x' } }]);
    expect(user?.features).toEqual({ [name]: 'x' });
  });

  test('cannot be __proto__', async () => {
    const message =
      'expected another name for the user feature, since "__proto__" is lost by programs that copy JSON in JavaScript';
    const declared = declareFeatureFields(db.database, [{ entity: 'USER', name: '__proto__', kind: 'CATEGORICAL' }]);
    await expect(declared).rejects.toMatchObject({ errors: [{ message: `fields.0.name: ${message}` }] });
    const dataset = smallDataset({ fields: [{ entity: 'user', name: '__proto__', kind: 'categorical' }] });
    const load = loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await expect(load).rejects.toMatchObject({ code: 'INVALID_DATA', message });
  });
});
