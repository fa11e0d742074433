import { describe, expect, jest, test } from '@jest/globals';
import { projectContexts } from '../../src/explanation/context-map.ts';
import { project } from '../../src/explanation/projection.ts';
import { randomSource } from '../../src/tasks/random.ts';

jest.setTimeout(120_000);

/** Two orthogonal directions, neither along an axis. */
const first = [0.6, 0, 0.8, 0];
const second = [0, 1, 0, 0];
const center = [5, -3, 2, 9];
const inPlane = ([a, b]: readonly [number, number]) =>
  center.map((value, index) => value + a * (first[index] as number) + b * (second[index] as number));

/** Variances 10 and 1 along the two directions, without covariance. */
const flat = (
  [
    [-4, 1],
    [-2, -1],
    [0, 0],
    [2, -1],
    [4, 1],
  ] as const
).map(inPlane);

describe('a projection by PCA', () => {
  test('finds the plane of the rows, with the largest variance along x, and the share of variance of each axis', () => {
    const { points, explainedVariance } = project('PCA', flat);
    const expected = [
      [-4, 1],
      [-2, -1],
      [0, 0],
      [2, -1],
      [4, 1],
    ] as const;
    for (const [row, [x, y]] of points.entries()) {
      expect(x).toBeCloseTo(expected[row]?.[0] as number, 9);
      expect(y).toBeCloseTo(expected[row]?.[1] as number, 9);
    }
    expect(explainedVariance?.[0]).toBeCloseTo(40 / 44, 9);
    expect(explainedVariance?.[1]).toBeCloseTo(4 / 44, 9);
  });

  test('shows as much variance as possible of rows that are not on a plane', () => {
    const corners = [-1, 1].flatMap((a) => [-1, 1].flatMap((b) => [-1, 1].map((c) => [3 * a, 2 * b, c])));
    const { explainedVariance } = project('PCA', corners);
    expect(explainedVariance?.[0]).toBeCloseTo(9 / 14, 9);
    expect(explainedVariance?.[1]).toBeCloseTo(4 / 14, 9);
  });

  test('maps equal rows to one point', () => {
    const { points, explainedVariance } = project('PCA', [center, center, center]);
    expect(explainedVariance).toEqual([0, 0]);
    for (const point of points) expect(point.map(Math.abs)).toEqual([0, 0]);
  });

  test('does not depend on the order of the rows', () => {
    const turned = project('PCA', flat.toReversed()).points.toReversed();
    for (const [row, [x, y]] of project('PCA', flat).points.entries()) {
      expect(turned[row]?.[0]).toBeCloseTo(x, 9);
      expect(turned[row]?.[1]).toBeCloseTo(y, 9);
    }
  });
});

describe('a projection by UMAP', () => {
  const random = randomSource(3);
  const noise = () => (random.next() % 1000) / 1000;
  const groups = [0, 1].flatMap((group) =>
    Array.from({ length: 30 }, () => Array.from({ length: 8 }, () => 20 * group + noise())),
  );

  test('keeps two groups apart: the nearest points are from the same group', () => {
    const { points, explainedVariance } = project('UMAP', groups);
    expect(explainedVariance).toBeNull();
    const groupOf = (row: number) => Math.floor(row / 30);
    for (const [row, [x, y]] of points.entries()) {
      const near = points
        .map(([otherX, otherY], other) => ({ other, distance: Math.hypot(otherX - x, otherY - y) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(1, 6);
      expect(near.map(({ other }) => groupOf(other))).toEqual([0, 0, 0, 0, 0].fill(groupOf(row)));
    }
  });

  test('gives the same points each time', () => {
    expect(project('UMAP', groups)).toEqual(project('UMAP', groups));
  });

  test.each([3, 15, 16])('has a finite point for each of %i rows', (count) => {
    const { points } = project('UMAP', groups.slice(0, count));
    expect(points).toHaveLength(count);
    expect(points.flat().every(Number.isFinite)).toBe(true);
  });

  test('has finite points for equal rows', () => {
    const { points } = project(
      'UMAP',
      Array.from({ length: 20 }, () => center),
    );
    expect(points.flat().every(Number.isFinite)).toBe(true);
  });
});

describe('projectContexts', () => {
  test.each(['PCA', 'UMAP'] as const)('gives the same points as %s does without a thread', async (method) => {
    expect(await projectContexts({ method, rows: flat })).toEqual(project(method, flat));
  });

  test('reports that the thread has died', async () => {
    await expect(projectContexts({ method: 'UMAP', rows: [] })).rejects.toThrow('The projection failed');
  });
});
