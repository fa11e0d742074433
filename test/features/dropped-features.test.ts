import { describe, expect, test } from '@jest/globals';
import { rowWithout, withDropped } from '../../src/features/dropped-features.ts';
import { type EncodedFeatures, encodeFeatures } from '../../src/features/encode-features.ts';
import { type FeatureField, type Features, featureSchema } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';

const user: FeatureField = { entity: 'user', name: 'country', kind: 'categorical' };
const fields: FeatureField[] = [
  { entity: 'item', name: 'id', kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'year', kind: 'numeric' },
];
const items: Features[] = [
  { id: 'a', genres: ['comedy', 'drama'], year: 1990 },
  { id: 'b', genres: ['drama'], year: 2000 },
  { id: 'c', genres: [], year: null },
];
const unfitted = items.map(({ id: _, ...features }) => features);

function rowOf({ slots, indices, weights }: EncodedFeatures, row: number): [number, number][] {
  return Array.from({ length: slots }, (_, slot) => [
    indices[row * slots + slot] as number,
    weights[row * slots + slot] as number,
  ]);
}

describe.each([
  ['with IDs', fields],
  ['whose IDs are the last field', [...fields.slice(1), ...fields.slice(0, 1)]],
  ['without IDs', fields.slice(1)],
])('items %s', (_, declared) => {
  const schema = fitFeatureSchema([user, ...declared], [], items);
  const encoded = encodeFeatures(schema, 'item', items);
  const dropped = withDropped(schema, 'item', encoded);

  test('keep their rows', () => {
    for (const row of items.keys()) expect(rowOf(dropped, row)).toEqual(rowOf(encoded, row));
  });

  test('are encoded like items with unknown IDs if their IDs are dropped', () => {
    const expected = encodeFeatures(schema, 'item', unfitted);
    for (const row of items.keys()) expect(rowOf(dropped, rowWithout.id(3, row))).toEqual(rowOf(expected, row));
  });

  test('are encoded like an item of which nothing is known if their features are dropped', () => {
    const expected = encodeFeatures(schema, 'item', [{}]);
    expect(rowOf(dropped, rowWithout.features(3))).toEqual(rowOf(expected, 0));
    expect(dropped.rows).toBe(rowWithout.features(3) + 1);
  });
});

test('users without any field have rows without slots', () => {
  const none = encodeFeatures(featureSchema([]), 'user', [{}, {}]);
  expect(withDropped(featureSchema([]), 'user', none)).toMatchObject({ rows: 5, slots: 0 });
});
