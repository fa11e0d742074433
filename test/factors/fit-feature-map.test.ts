import { expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Factors } from '../../src/factors/factors.ts';
import { applyFeatureMap, type FeatureRows } from '../../src/factors/feature-map.ts';
import { fitFeatureMap } from '../../src/factors/fit-feature-map.ts';
import { solveDense } from '../support/solve-dense.ts';

const random = xoroshiro128plus(5);
const uniform = () => uniformInt(random, -1000, 1000) / 1000;

/** Two categories, of 4 and of 3 rows, and a number; every seventh row lacks the second category. */
function randomFeatures(rows: number): FeatureRows {
  const indices = new Int32Array(rows * 3);
  const weights = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) {
    indices.set([uniformInt(random, 0, 3), 4 + uniformInt(random, 0, 2), 7], row * 3);
    weights.set([1, row % 7 ? 1 : 0, uniform()], row * 3);
  }
  return { features: { rows, slots: 3, indices, weights }, vocabularyRows: 8 };
}

function randomTargets(rows: number, width: number): Factors {
  const data = Float32Array.from({ length: rows * width }, uniform);
  return { rows, width, data, known: Uint8Array.from({ length: rows }, (_, row) => (row % 5 ? 1 : 0)) };
}

/** The row as a dense vector, with 1 for the bias. */
function denseRow({ features, vocabularyRows }: FeatureRows, row: number): number[] {
  const dense = [...new Array<number>(vocabularyRows).fill(0), 1];
  for (let slot = row * features.slots; slot < (row + 1) * features.slots; slot++) {
    dense[features.indices[slot]!]! += features.weights[slot]!;
  }
  return dense;
}

test('the map solves the dense normal equations, without a penalty on the bias', () => {
  const [rows, width, ridge] = [50, 3, 2];
  const features = randomFeatures(rows);
  const factors = randomTargets(rows, width);
  const map = fitFeatureMap(features, factors, { ridge, tolerance: 1e-9 });
  const known = [...Array(rows).keys()].filter((row) => factors.known[row]);
  const design = known.map((row) => denseRow(features, row));
  const matrix = design[0]!.map((_, left) =>
    design[0]!.map(
      (_, right) =>
        design.reduce((sum, row) => sum + row[left]! * row[right]!, 0) + (left === right && left < 8 ? ridge : 0),
    ),
  );
  for (let column = 0; column < width; column++) {
    const right = design[0]!.map((_, at) =>
      design.reduce((sum, row, index) => sum + row[at]! * factors.data[known[index]! * width + column]!, 0),
    );
    const expected = solveDense(matrix, right);
    for (let at = 0; at < 8; at++) expect(map.data[at * width + column]).toBeCloseTo(expected[at]!, 5);
    expect(map.bias[column]).toBeCloseTo(expected[8]!, 5);
  }
});

test('places new rows exactly if factors are linear in the features', () => {
  const width = 6;
  const data = Float32Array.from({ length: 8 * width }, uniform);
  const truth = { vocabularyRows: 8, width, data, bias: Float32Array.from({ length: width }, uniform) };
  const features = randomFeatures(2000);
  const factors = applyFeatureMap(truth, features.features);
  const known = new Uint8Array(2000).fill(1);
  const map = fitFeatureMap(features, { rows: 2000, width, data: factors, known }, { ridge: 0.01 });
  const newRows = randomFeatures(100).features;
  const expected = applyFeatureMap(truth, newRows);
  for (const [at, value] of applyFeatureMap(map, newRows).entries()) {
    expect(Math.abs(value - expected[at]!)).toBeLessThan(0.005);
  }
});

test('the map is the mean of the factors if no row has features', () => {
  const features = { rows: 3, slots: 1, indices: new Int32Array(3), weights: new Float32Array(3) };
  const factors = {
    rows: 3,
    width: 2,
    data: Float32Array.of(1, 2, 3, 6, 50, 50),
    known: Uint8Array.of(1, 1, 0),
  };
  const map = fitFeatureMap({ features, vocabularyRows: 1 }, factors, { ridge: 1 });
  expect([...applyFeatureMap(map, { ...features, rows: 1 })]).toEqual([2, 4]);
});

test('refuses invalid features and names the field', () => {
  const factors = randomTargets(10, 2);
  const { features, vocabularyRows } = randomFeatures(10);
  const refuses = (changed: Partial<typeof features>, message: string) =>
    expect(() =>
      fitFeatureMap({ features: { ...features, ...changed }, vocabularyRows }, factors, { ridge: 1 }, 'users'),
    ).toThrow(expect.objectContaining({ code: 'INVALID_DATA', message }));
  refuses({ rows: 9 }, 'rows of the features of users: expected 10, got 9.');
  refuses({ slots: 4 }, 'indices of the features of users: expected rows × slots (40), got 30.');
  refuses(
    { indices: features.indices.with(4, 8) },
    'indices[4] of the features of users: expected a row in [0, 8), got 8.',
  );
  refuses(
    { weights: features.weights.with(2, Number.NaN) },
    'weights[2] of the features of users: expected a finite number, got NaN.',
  );
});
