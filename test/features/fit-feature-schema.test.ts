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

  test('fits fields whose names are those of properties of all objects', () => {
    const names = ['constructor', 'toString', '__proto__'];
    const named = names.map((name): FeatureField => ({ entity: 'item', name, kind: 'multiValued' }));
    const things = ['{}', '{"__proto__": ["x"], "toString": ["y"]}', '{}'].map((text): Features => JSON.parse(text));
    const fitted = fitFeatureSchema([...fields, ...named], users, things).fields.slice(fields.length);
    expect(fitted.map(({ vocabulary }) => vocabulary)).toEqual([[], ['y'], ['x']]);
  });

  test('fits the largest numbers without overflow', () => {
    const largest = Number.MAX_VALUE;
    // Numbers that no client can send count as the largest that one can.
    const [age] = fitFeatureSchema(fields, [{ age: largest }, { age: -largest }], items).fields;
    expect(age).toMatchObject({ mean: 0, deviation: 1e15 });
    const [same] = fitFeatureSchema(fields, [{ age: largest }, { age: largest }, { age: 1 }], items).fields;
    expect([same?.mean, same?.deviation].every(Number.isFinite)).toBe(true);
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
    expect(age([{ age: 7 }, { age: 7 }])).toMatchObject({ mean: 7, deviation: 1, low: 7, high: 7 });
    expect(age([])).toMatchObject({ mean: 0, deviation: 1, low: 0, high: 0 });
    // Ten times 0.1 add up to 0.9999999999999999.
    expect(age(Array(10).fill({ age: 0.1 }))).toMatchObject({ mean: 0.1, deviation: 1 });
  });

  describe('fits the range and the scale of a number', () => {
    const fitTo = (ages: readonly number[]) =>
      fitFeatureSchema(
        fields,
        ages.map((age) => ({ age })),
        items,
      ).fields[0];
    const numbers = (count: number, of: (n: number) => number) => Array.from({ length: count }, (_, n) => of(n));
    const prices = numbers(60, (n) => n);
    /** Numbers n with ln(1 + n) between 0 and 6. */
    const skewed = numbers(1000, (n) => Math.expm1(3 + 3 * Math.sin(n)));

    test('from all values if none is far from the others', () => {
      // The variance of 0 to 59 is (60² − 1) / 12.
      const fitted = fitTo(prices);
      expect(fitted).toMatchObject({ low: 0, high: 59, mean: 29.5 });
      expect(fitted?.deviation).toBeCloseTo(Math.sqrt(3599 / 12), 9);
      // A price of 100 is less than the width of the others away from them.
      expect(fitTo([...prices, 100])).toMatchObject({ low: 0, high: 100 });
      expect(fitTo(skewed)).toMatchObject({ high: Math.log1p(Math.max(...skewed)), logarithmic: true });
    });

    test.each([
      ['a large price', [1000]],
      ['two prices that only SQL can store', [1e308, 1e308]],
      ['a number that is too large for JavaScript', [Number.POSITIVE_INFINITY]],
    ])('from the other values beside %s', (_what, outliers) => {
      const [without, fitted] = [fitTo(prices), fitTo([...prices, ...outliers])];
      expect(fitted).toMatchObject({ low: 0, high: 59 });
      expect(fitted).not.toHaveProperty('logarithmic');
      expect(Math.abs((fitted?.mean ?? 0) - 29.5)).toBeLessThan(1);
      expect((fitted?.deviation ?? 0) / (without?.deviation ?? 0)).toBeCloseTo(1, 1);
    });

    test('from the other values if one in a hundred at each end is far from them', () => {
      const fitted = fitTo([...numbers(980, (n) => 100 + (n % 60)), ...Array(10).fill(-1e15), ...Array(10).fill(1e15)]);
      expect(fitted).toMatchObject({ low: 100, high: 159 });
    });

    test('from the rare values, too, if 99% of the values are the same', () => {
      const most = Array(990).fill(0);
      expect(fitTo([...most, ...Array(10).fill(-5)])).toMatchObject({ low: -5, high: 0 });
      // The deviation of a share p of ones is √(p (1 − p)).
      const fitted = fitTo([...most, ...Array(9).fill(-1), -1e308]);
      expect(fitted).toMatchObject({ low: -1, high: 0, mean: expect.closeTo(-0.01, 9) });
      expect(fitted?.deviation).toBeCloseTo(Math.sqrt(0.01 * 0.99), 9);
      expect(fitTo([...most, -3, ...numbers(9, (n) => n + 1)])).toMatchObject({ low: -3, high: 9 });
    });

    test('as finite numbers, even if no value is within the bounds of the API', () => {
      expect(fitTo([1e308, 1e308, -1e308])).toMatchObject({
        low: -1e15,
        high: 1e15,
        mean: expect.closeTo(1e15 / 3, -3),
      });
    });
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
