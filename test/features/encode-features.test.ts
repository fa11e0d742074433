import { describe, expect, test } from '@jest/globals';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { type FittedField, featureSchema } from '../../src/features/feature-schema.ts';

const common = { entity: 'item', mean: 0, deviation: 1 } as const;
const fields: FittedField[] = [
  { ...common, name: 'rated', kind: 'categorical', vocabulary: ['PG', 'R'], slots: 1 },
  { ...common, name: 'genres', kind: 'multiValued', vocabulary: ['drama', 'crime', 'noir'], slots: 2 },
  { ...common, name: 'year', kind: 'numeric', vocabulary: [], slots: 1, mean: 1990, deviation: 10 },
];
const schema = featureSchema(fields);

/** The first rows of the fields are 0 (rated, 3 rows), 3 (genres, 4 rows) and 7 (year, 1 row). */
function encode(features: Record<string, string | string[] | number | null>) {
  const { indices, weights } = encodeFeatures(schema, 'item', [features]);
  return { indices: [...indices], weights: [...weights] };
}

describe('encodeFeatures', () => {
  test('offsets the rows of each field by the rows of the fields before it', () => {
    expect(encode({ rated: 'R', genres: ['crime', 'noir'], year: 2005 })).toEqual({
      indices: [2, 5, 6, 7],
      weights: [1, 0.5, 0.5, 1.5],
    });
  });

  test('encodes a missing category as row 0 of its field, and a missing number as weight 0', () => {
    const unknown = { indices: [0, 3, 3, 7], weights: [1, 1, 0, 0] };
    expect(encode({})).toEqual(unknown);
    expect(encode({ rated: null, genres: [], year: null })).toEqual(unknown);
  });

  test('encodes a missing feature as missing, also if objects have a property of its name', () => {
    const names = ['constructor', 'toString', '__proto__'];
    const named = names.flatMap((name): FittedField[] => [
      { ...common, name, kind: 'categorical', vocabulary: ['x'], slots: 1 },
      { ...common, name, kind: 'multiValued', vocabulary: ['x'], slots: 1 },
      { ...common, name, kind: 'numeric', vocabulary: [], slots: 1 },
    ]);
    const weightsOf = (text: string) => encodeFeatures(featureSchema(named), 'item', [JSON.parse(text)]).weights;
    expect([...weightsOf('{}')]).toEqual([1, 1, 0, 1, 1, 0, 1, 1, 0]);
    const rows = encodeFeatures(featureSchema(named), 'item', [JSON.parse('{"__proto__": "x", "constructor": "x"}')]);
    expect([...rows.indices]).toEqual([1, 3, 4, 5, 7, 9, 11, 13, 14]);
  });

  test('encodes the largest numbers as finite weights', () => {
    const largest = Number.MAX_VALUE;
    const encoded = [largest, -largest].map((year) => encode({ year }).weights.at(-1));
    expect(encoded).toEqual([1e6, -1e6]);
  });

  test('encodes unseen categories as row 0', () => {
    expect(encode({ rated: 'X', genres: ['western'], year: 1990 })).toEqual({
      indices: [0, 3, 3, 7],
      weights: [1, 1, 0, 0],
    });
  });

  test('keeps the known values of a list', () => {
    expect(encode({ genres: ['western', 'noir'] })).toMatchObject({
      indices: [0, 6, 3, 7],
      weights: [1, 1, 0, 0],
    });
  });

  test('keeps the first values if there are more values than slots', () => {
    expect(encode({ genres: ['noir', 'drama', 'crime'] })).toMatchObject({
      indices: [0, 6, 4, 7],
      weights: [1, 0.5, 0.5, 0],
    });
  });

  test('accepts a single value for a list field', () => {
    expect(encode({ genres: 'noir' })).toMatchObject({ indices: [0, 6, 3, 7] });
  });

  test('encodes a number beyond the range of the training as the end of the range', () => {
    const price = { ...common, name: 'price', kind: 'numeric', vocabulary: [], slots: 1 } as const;
    const weightsOf = (field: FittedField) => {
      const rows = [-1e308, -5, 0, 40, 59, 1000, 1e308, Infinity].map((value) => ({ price: value }));
      return [...encodeFeatures(featureSchema([field]), 'item', rows).weights];
    };
    // (0 − 20) / 10 = −2 and (60 − 20) / 10 = 4.
    expect(
      weightsOf({ ...price, mean: 20, deviation: 10, low: 0, high: 60 }).map((weight) => weight.toFixed(1)),
    ).toEqual(['-2.0', '-2.0', '-2.0', '2.0', '3.9', '4.0', '4.0', '4.0']);
    // The range is that of logarithms: ln(1 + 40) = 3.714 is within it, and ln(1 + 59) = 4.094 is not.
    const logarithms = { ...price, mean: 2, deviation: 0.5, low: 1, high: 4, logarithmic: true } as const;
    expect(weightsOf(logarithms).map((weight) => weight.toFixed(2))).toEqual([
      '-2.00',
      '-2.00',
      '-2.00',
      '3.43',
      '4.00',
      '4.00',
      '4.00',
      '4.00',
    ]);
  });

  test('encodes rows independently and in order', () => {
    const rows = [{ rated: 'R' }, { rated: 'PG' }];
    const together = encodeFeatures(schema, 'item', rows);
    expect(together).toMatchObject({ rows: 2, slots: 4 });
    expect([...together.indices]).toEqual(rows.flatMap((row) => encode(row).indices));
  });

  test('encodes only the fields of the requested entity', () => {
    expect(encodeFeatures(schema, 'user', [{}])).toMatchObject({ rows: 1, slots: 0 });
  });
});
