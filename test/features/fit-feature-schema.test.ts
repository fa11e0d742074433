import { describe, expect, test } from '@jest/globals';
import type { FeatureField, Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';

const fields: FeatureField[] = [
  { entity: 'user', name: 'age', kind: 'numeric' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'rated', kind: 'categorical' },
];
const users: Features[] = [{ age: 20 }, { age: 40 }, { age: null }, {}];
const items: Features[] = [
  { genres: ['drama', 'crime'], rated: 'R' },
  { genres: ['drama', 'action'], rated: 'PG' },
  { genres: ['drama', 'action', 'noir'], rated: 'PG' },
];

describe('fitFeatureSchema', () => {
  test('orders a vocabulary by how many rows have a category, and equal ones alphabetically', () => {
    const [, genres, rated] = fitFeatureSchema(fields, users, items).fields;
    expect(genres?.vocabulary).toEqual(['drama', 'action', 'crime', 'noir']);
    expect(rated?.vocabulary).toEqual(['PG', 'R']);
  });

  test('leaves out categories that fewer rows have than asked for', () => {
    const [, genres] = fitFeatureSchema(fields, users, items, { minimumCount: { user: 1, item: 2 } }).fields;
    expect(genres?.vocabulary).toEqual(['drama', 'action']);
  });

  test('knows every id, however many rows a category must have', () => {
    const withIds: FeatureField[] = [
      ...fields,
      { entity: 'user', name: 'id', kind: 'categorical' },
      { entity: 'item', name: 'id', kind: 'categorical' },
    ];
    const people = users.map((user, row) => ({ ...user, id: `u${row}` }));
    const things = items.map((item, row) => ({ ...item, id: `i${row}` }));
    const schema = fitFeatureSchema(withIds, people, things, { minimumCount: { user: 3, item: 3 } });
    const [, genres, rated, userId, itemId] = schema.fields;
    expect(genres?.vocabulary).toEqual(['drama']);
    expect(rated?.vocabulary).toEqual([]);
    expect(userId).toMatchObject({ vocabulary: ['u0', 'u1', 'u2', 'u3'], slots: 1 });
    expect(itemId?.vocabulary).toEqual(['i0', 'i1', 'i2']);
  });

  test('gives a multi-valued field as many slots as one row has known values, up to the maximum', () => {
    const slotsWith = (options: object) => fitFeatureSchema(fields, users, items, options).fields[1]?.slots;
    expect(slotsWith({})).toBe(3);
    expect(slotsWith({ minimumCount: { user: 1, item: 2 } })).toBe(2);
    expect(slotsWith({ maximumSlots: 1 })).toBe(1);
  });

  test('counts a category once a row, however often the row repeats it', () => {
    const repeated = [{ genres: ['b', 'b', 'b'] }, { genres: ['a'] }, { genres: ['a'] }];
    const [, genres] = fitFeatureSchema(fields, users, repeated).fields;
    expect(genres).toMatchObject({ vocabulary: ['a', 'b'], slots: 1 });
  });

  test('takes mean and deviation of the numbers that are there', () => {
    const [age] = fitFeatureSchema(fields, users, items).fields;
    expect(age).toMatchObject({ mean: 30, deviation: 10, slots: 1, vocabulary: [] });
  });

  test('standardises a constant number by 1, and an absent one by mean 0', () => {
    const age = (rows: Features[]) => fitFeatureSchema(fields, rows, items).fields[0];
    expect(age([{ age: 7 }, { age: 7 }])).toMatchObject({ mean: 7, deviation: 1 });
    expect(age([])).toMatchObject({ mean: 0, deviation: 1 });
  });

  test('does not depend on the order of rows', () => {
    const { hash } = fitFeatureSchema(fields, users, items);
    expect(fitFeatureSchema(fields, users, items.toReversed()).hash).toBe(hash);
  });

  test('asks for a field of each entity', () => {
    expect(() => fitFeatureSchema(fields.slice(1), users, items)).toThrow(
      'Expected at least one feature field with entity "user", got none; declare one, or train with their IDs as a feature.',
    );
  });
});
