import { describe, expect, test } from '@jest/globals';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { type IgnoredFeature, readableFeatures } from '../../src/features/readable-features.ts';

const fields: FeatureField[] = [
  { entity: 'item', name: 'maker', kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: 'price', kind: 'numeric' },
  { entity: 'item', name: 'constructor', kind: 'categorical' },
  { entity: 'user', name: 'age', kind: 'numeric' },
];

function read(text: string) {
  const ignored: IgnoredFeature[] = [];
  const features = readableFeatures(fields, 'item', (feature) => ignored.push(feature))('i1', JSON.parse(text));
  return { features, ignored: ignored.map(({ id, field }) => `${field.name} of ${id}`) };
}

describe('readableFeatures', () => {
  test('reads the declared features of an entity', () => {
    expect(read('{"maker": "m", "genres": [], "price": 2.5, "age": 3, "old": "x"}')).toEqual({
      features: { maker: 'm', genres: [], price: 2.5 },
      ignored: [],
    });
  });

  test('reads a feature that is null as missing', () => {
    expect(read('{"maker": null}')).toEqual({ features: {}, ignored: [] });
  });

  test.each([
    ['{"genres": {"a": 1}}', 'genres'],
    ['{"genres": ["a", 1]}', 'genres'],
    ['{"genres": "a"}', 'genres'],
    ['{"maker": ["a"]}', 'maker'],
    ['{"maker": 1}', 'maker'],
    ['{"price": "1"}', 'price'],
    ['{"price": 1e400}', 'price'],
    ['{"constructor": {}}', 'constructor'],
  ])('ignores the value of %s and reports its feature', (text, name) => {
    expect(read(text)).toEqual({ features: {}, ignored: [`${name} of i1`] });
  });
});
