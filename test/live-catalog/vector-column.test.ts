import { expect, test } from '@jest/globals';
import { featureColumn } from '../../src/live-catalog/feature-columns.ts';
import { VectorColumn } from '../../src/live-catalog/vector-column.ts';

test('A column of vectors keeps each vector in 32 bits, with the decimals that it came with', () => {
  const column = new VectorColumn(3);
  const rows = [0, 255, 256, 4000];
  for (const row of rows) column.set(row, [0.1, -row, 1e-3]);
  for (const row of rows) expect(column.valueOf(row)).toEqual([0.1, -row, 1e-3]);
  expect(column.vectorOf(255)).toEqual(Float32Array.of(0.1, -255, 1e-3));
  expect([1, 257, 9999].map((row) => [column.has(row), column.valueOf(row), column.vectorOf(row)])).toEqual(
    Array(3).fill([false, undefined, undefined]),
  );
});

test('A column of vectors has no vector of zeros, of another width, or after it was removed', () => {
  const column = featureColumn({ kind: 'vector', width: 2 });
  for (const value of [[0, 0], [1], ['a', 'b'], 'ab', undefined]) {
    column.set(0, [1, 2]);
    column.set(0, value);
    expect([column.has(0), column.valueOf(0)]).toEqual([false, undefined]);
  }
});
