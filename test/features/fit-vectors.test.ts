import { describe, expect, test } from '@jest/globals';
import { PCA } from 'ml-pca';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { type FeatureField, type Features, featureSchema } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema, fitInPieces } from '../../src/features/fit-feature-schema.ts';

const width = 5;
const fields: FeatureField[] = [
  { entity: 'user', name: 'country', kind: 'categorical' },
  { entity: 'item', name: 'genre', kind: 'categorical' },
  { entity: 'item', name: 'text', kind: 'vector', width },
  { entity: 'item', name: 'price', kind: 'numeric' },
];
const random = xoroshiro128plus(3);
const vectors = Array.from({ length: 60 }, () =>
  Array.from({ length: width }, (_, at) => uniformFloat64(random) * (5 - at) - at / 2),
);
const items: Features[] = vectors.map((text, item) => ({ genre: `${item % 2}`, text, price: item }));
const schema = fitFeatureSchema(fields, [{ country: 'X' }], items);
const text = schema.fields[2]!;
/** The slots and rows of an item are those of the genre (1 slot, 3 rows), the text, and the price. */
const weightsOf = (features: Features) => [...encodeFeatures(schema, 'item', [features]).weights].slice(1, 1 + width);

/** The principal components of the unit vectors, by singular values, divided by the root of their mean square. */
function expectedWeights(): number[][] {
  const units = vectors.map((vector) => vector.map((value) => value / Math.hypot(...vector)));
  const coordinates = new PCA(units, { method: 'SVD' }).predict(units).to2DArray();
  const meanSquare = coordinates.flat().reduce((sum, value) => sum + value ** 2, 0) / (units.length * width);
  return coordinates.map((row) => row.map((value) => value / Math.sqrt(meanSquare)));
}

describe('a vector field', () => {
  test('is read as the principal components of unit vectors, divided by one deviation', () => {
    const expected = expectedWeights();
    for (let slot = 0; slot < width; slot++) {
      // A component and its opposite are equivalent.
      const sign = weightsOf(items[0]!)[slot]! * expected[0]![slot]! < 0 ? -1 : 1;
      for (const [row, item] of items.entries())
        expect(weightsOf(item)[slot]).toBeCloseTo(sign * expected[row]![slot]!, 4);
    }
  });

  test('has one row and one slot for each direction, between the rows and slots of its neighbors', () => {
    const { slots, indices } = encodeFeatures(schema, 'item', [items[0]!]);
    expect([slots, text.slots, ...indices]).toEqual([7, 5, 1, 3, 4, 5, 6, 7, 8]);
  });

  test('reads the direction of a vector only', () => {
    const longer = vectors[0]!.map((value) => 1e9 * value);
    for (const [slot, weight] of weightsOf({ text: longer }).entries())
      expect(weight).toBeCloseTo(weightsOf(items[0]!)[slot]!, 5);
  });

  test.each([[null], [[0, 0, 0, 0, 0]], [[1, 2]], [['a', 'b', 'c', 'd', 'e']], ['text'], [undefined]])(
    'gives the value %j weights of 0',
    (value) => {
      expect(weightsOf(value === undefined ? {} : { text: value })).toEqual([0, 0, 0, 0, 0]);
    },
  );

  test('has at most 32 directions, and one without weights if there is no vector', () => {
    const wide: FeatureField = { entity: 'item', name: 'wide', kind: 'vector', width: 50 };
    const wideItems = Array.from({ length: 80 }, () => ({
      wide: Array.from({ length: 50 }, () => uniformFloat64(random) - 0.5),
    }));
    const fitted = fitFeatureSchema([fields[0]!, wide], [], wideItems);
    expect(fitted.fields[1]).toMatchObject({ slots: 32, width: 50 });
    const squares = encodeFeatures(fitted, 'item', wideItems).weights.map((weight) => weight ** 2);
    expect(squares.reduce((sum, square) => sum + square, 0) / squares.length).toBeCloseTo(1, 4);
    const empty = fitFeatureSchema([fields[0]!, wide], [], [{}, { wide: null }]);
    expect(empty.fields[1]).toMatchObject({ slots: 1, deviation: 1 });
    expect([...encodeFeatures(empty, 'item', wideItems.slice(0, 1)).weights]).toEqual([0]);
  });

  test('does not depend on the order of the rows, also if there are more than are read', () => {
    const many = Array.from({ length: 5000 }, () => ({
      text: Array.from({ length: width }, () => uniformFloat64(random) - 0.3),
    }));
    const hashOf = (rows: readonly Features[]) => fitFeatureSchema(fields, [], rows).hash;
    expect(hashOf(many.toReversed())).toBe(hashOf(many));
  });

  test('is fitted in pieces of one row', () => {
    const pieces = [...fitInPieces(fields, [], items)].length;
    // Each of five rounds reads each row.
    expect(pieces).toBeGreaterThan(5 * items.length);
  });

  test('is a part of the hash of its schema, which other schemas keep', () => {
    const changed = { ...text, projection: { ...text.projection!, center: [0, 0, 0, 0, 0] } };
    expect(featureSchema([changed]).hash).not.toBe(featureSchema([text]).hash);
    // Computed before there were vectors.
    const { vocabulary, slots, mean, deviation } = schema.fields[1]!;
    const earlier = featureSchema([
      { entity: 'item', name: 'genre', kind: 'categorical', vocabulary, slots, mean, deviation },
    ]);
    expect(earlier.hash).toBe('c3a677a643da8c8026e00ce1e947a38f66b5b6d306d48201d27135c78231e413');
  });
});
