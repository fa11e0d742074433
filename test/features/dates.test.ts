import { describe, expect, test } from '@jest/globals';
import { daysOf, millisecondsOf, rangeOfDates, storedDate } from '../../src/features/dates.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';

describe('dates', () => {
  test.each([
    ['2026-11-22', '2026-11-22', 20779],
    ['1970-01-02', '1970-01-02', 1],
    ['1969-12-31T12:00:00Z', '1969-12-31T12:00:00.000Z', -0.5],
    ['2026-11-22T08:30:00+01:00', '2026-11-22T07:30:00.000Z', 20779.3125],
    ['2026-11-22 06:00', '2026-11-22T06:00:00.000Z', 20779.25],
    ['2024-02-29', '2024-02-29', 19782],
  ])('%s is stored as %s, and is %d days after the beginning of 1970', (text, stored, days) => {
    expect([storedDate(text), daysOf(text), daysOf(stored)]).toEqual([stored, days, days]);
  });

  test.each([
    ...['2026-02-30', '2025-02-29', '2026-13-01', '2026-11-22T24:00:00Z', '0999-12-31', '22.11.2026', 'today', ''],
    ...['9999-12-31T23:59:59-01:00', '2026-11-22T08:30:00+01:00:00'],
    ...[20779, null, undefined, true, ['2026-11-22']],
  ])('%p is none', (value) => {
    expect(millisecondsOf(value)).toBeUndefined();
  });

  test('a day without a time is a whole day of a range', () => {
    const at = (text: string) => Date.parse(text);
    expect(rangeOfDates('2026-11-22', '2026-11-22')).toEqual([
      at('2026-11-22T00:00:00Z'),
      at('2026-11-22T23:59:59.999Z'),
    ]);
    expect(rangeOfDates('2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z')).toEqual([
      at('2026-11-22T08:00:00Z'),
      at('2026-11-22T09:00:00Z'),
    ]);
    expect(rangeOfDates(null, undefined)).toEqual([at('1000-01-01T00:00:00Z'), at('9999-12-31T23:59:59.999Z')]);
  });
});

describe('a field of dates', () => {
  const fields: FeatureField[] = [
    { entity: 'user', name: 'joined', kind: 'date' },
    { entity: 'item', name: 'released', kind: 'date' },
    { entity: 'item', name: 'days', kind: 'numeric' },
  ];
  const dates = Array.from({ length: 28 }, (_, n) => `1969-12-${n + 4}`.replace(/-(\d)$/, '-0$1'));
  const items: Features[] = [...dates, '2222-01-01'].map((released) => ({ released, days: daysOf(released)! }));
  const schema = fitFeatureSchema(fields, [], items);

  test('is read like the numbers of its days, without far outliers', () => {
    const { weights } = encodeFeatures(schema, 'item', items);
    for (let row = 0; row < items.length; row++) expect(weights[2 * row]).toBe(weights[2 * row + 1]);
    expect(schema.fields[1]).toMatchObject({ low: -28, high: -1, slots: 1 });
    // The mean of the days −28 to −1, with the outlier as −1, and their deviation.
    const days = [...dates.keys()].map((n) => n - 28).concat(-1);
    const mean = days.reduce((sum, day) => sum + day, 0) / 29;
    const deviation = Math.sqrt(days.reduce((sum, day) => sum + (day - mean) ** 2, 0) / 29);
    expect(weights[0]).toBeCloseTo((-28 - mean) / deviation, 5);
    expect(weights.at(-2)).toBeCloseTo((-1 - mean) / deviation, 5);
  });

  test.each([[{}], [{ released: null }], [{ released: '2026-02-30' }], [{ released: 5 }]])(
    'gives %j the weight 0',
    (features: Features) => {
      expect(encodeFeatures(schema, 'item', [features]).weights[0]).toBe(0);
    },
  );
});
