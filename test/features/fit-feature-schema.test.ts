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
  test('orders a vocabulary by the number of rows per category, and ties alphabetically', () => {
    const [, genres, rated] = fitFeatureSchema(fields, users, items).fields;
    expect(genres?.vocabulary).toEqual(['drama', 'action', 'crime', 'noir']);
    expect(rated?.vocabulary).toEqual(['PG', 'R']);
  });

  test('leaves out categories with fewer rows than the minimum', () => {
    const [, genres] = fitFeatureSchema(fields, users, items, { minimumCount: { user: 1, item: 2 } }).fields;
    expect(genres?.vocabulary).toEqual(['drama', 'action']);
  });

  test('keeps every ID, whatever the minimum number of rows', () => {
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

  test('gives a multi-valued field the largest number of known values of one row as slots, up to the maximum', () => {
    const slotsWith = (options: object) => fitFeatureSchema(fields, users, items, options).fields[1]?.slots;
    expect(slotsWith({})).toBe(3);
    expect(slotsWith({ minimumCount: { user: 1, item: 2 } })).toBe(2);
    expect(slotsWith({ maximumSlots: 1 })).toBe(1);
  });

  test('counts a repeated category once per row', () => {
    const repeated = [{ genres: ['b', 'b', 'b'] }, { genres: ['a'] }, { genres: ['a'] }];
    const [, genres] = fitFeatureSchema(fields, users, repeated).fields;
    expect(genres).toMatchObject({ vocabulary: ['a', 'b'], slots: 1 });
  });

  test('ignores missing numbers in mean and deviation', () => {
    const [age] = fitFeatureSchema(fields, users, items).fields;
    expect(age).toMatchObject({ mean: 30, deviation: 10, slots: 1, vocabulary: [] });
  });

  test('uses deviation 1 for a constant number, and mean 0 for a number that is always missing', () => {
    const age = (rows: Features[]) => fitFeatureSchema(fields, rows, items).fields[0];
    expect(age([{ age: 7 }, { age: 7 }])).toMatchObject({ mean: 7, deviation: 1 });
    expect(age([])).toMatchObject({ mean: 0, deviation: 1 });
  });

  test('scales numbers by their logarithm if a few are far larger than the others', () => {
    const prices = [0, Math.E - 1, Math.E - 1, Math.E ** 8 - 1].map((age) => ({ age }));
    const [age] = fitFeatureSchema(fields, prices, items).fields;
    // The logarithms are 0, 1, 1 and 8: mean 2.5, variance (6.25 + 2.25 + 2.25 + 30.25) / 4 = 10.25.
    expect(age).toMatchObject({ logarithmic: true, mean: 2.5 });
    expect(age?.deviation).toBeCloseTo(Math.sqrt(10.25), 6);
  });

  test('does not depend on the order of rows', () => {
    const { hash } = fitFeatureSchema(fields, users, items);
    expect(fitFeatureSchema(fields, users, items.toReversed()).hash).toBe(hash);
  });

  test('refuses fields without one for users and one for items', () => {
    expect(() => fitFeatureSchema(fields.slice(1), users, items)).toThrow(
      'Expected at least one feature field with entity "user", got none; declare one, or train with their IDs as a feature.',
    );
  });
});
