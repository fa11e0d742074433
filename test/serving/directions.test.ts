import { expect, test } from '@jest/globals';
import { directionsOf } from '../../src/serving/directions.ts';

const embeddings = { rows: 3, width: 2, data: Float32Array.of(3, 4, 0, 0, -5, 0) };

test('the directions of items are their embeddings divided by their lengths, and NaN for zeros', () => {
  const { rows, width, data } = directionsOf({}, embeddings);
  expect([rows, width]).toEqual([3, 2]);
  expect([...data]).toEqual([Math.fround(0.6), Math.fround(0.8), Number.NaN, Number.NaN, -1, 0]);
});

test('the directions of items are those of the vectors that the model says mean co-interest', () => {
  const itemVectors = () => ({ rows: 1, width: 3, data: Float32Array.of(2, 2, 1) });
  expect([...directionsOf({ itemVectors }, embeddings).data]).toEqual([2, 2, 1].map((x) => Math.fround(x / 3)));
});
