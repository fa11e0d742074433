import { describe, expect, test } from '@jest/globals';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { atOnce } from '../../src/common/pieces.ts';
import { principalDirections, productOf } from '../../src/features/principal-directions.ts';

/** Returns centered rows whose columns have ever smaller deviations, mixed by rotations of neighboring columns. */
function rowsOf(count: number, width: number, shrink: number): Float64Array[] {
  const random = xoroshiro128plus(7);
  const rows = Array.from({ length: count }, () => {
    const row = Float64Array.from({ length: width }, (_, at) => (uniformFloat64(random) - 0.5) * shrink ** at);
    for (let at = 0; at + 1 < width; at++) {
      const [a, b] = [row[at] as number, row[at + 1] as number];
      [row[at], row[at + 1]] = [0.6 * a + 0.8 * b, 0.6 * b - 0.8 * a];
    }
    return row;
  });
  const mean = rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / count);
  return rows.map((row) => row.map((value, at) => value - mean[at]!));
}

/** Returns the covariance of centered rows, multiplied by a direction. */
function covarianceTimes(rows: readonly Float64Array[], direction: Float64Array): Float64Array {
  return direction.map(
    (_, at) => rows.reduce((sum, row) => sum + row[at]! * productOf(row, direction), 0) / rows.length,
  );
}

describe('principalDirections', () => {
  test.each([
    ['narrow rows', 6, 6, 0.8, 1e-9],
    ['wide rows', 70, 32, 0.75, 1e-4],
  ])(
    'of %s are the eigenvectors of the covariance, the largest variance first',
    (_rows, width, count, shrink, error) => {
      const rows = rowsOf(300, width, shrink);
      const directions = atOnce(principalDirections(rows, count));
      expect(directions).toHaveLength(count);
      const variances = directions.map((direction) => productOf(direction, covarianceTimes(rows, direction)));
      expect(variances).toEqual(variances.toSorted((a, b) => b - a));
      for (const [place, direction] of directions.entries()) {
        for (const [other, another] of directions.entries())
          expect(productOf(direction, another)).toBeCloseTo(other === place ? 1 : 0, 10);
        const image = covarianceTimes(rows, direction);
        const residue = image.map((value, at) => value - variances[place]! * direction[at]!);
        expect(Math.sqrt(productOf(residue, residue))).toBeLessThan(error * variances[0]!);
      }
    },
  );

  test('are as many as the rows have dimensions', () => {
    const along = (factor: number) => Float64Array.of(3 * factor, 4 * factor, 0);
    const [direction, ...others] = atOnce(principalDirections([along(1), along(-1)], 3));
    expect(others).toEqual([]);
    expect([...direction!].map((value) => Number(value.toFixed(10)))).toEqual([0.6, 0.8, 0]);
    expect(atOnce(principalDirections([new Float64Array(3), new Float64Array(3)], 3))).toEqual([]);
    expect(atOnce(principalDirections([], 3))).toEqual([]);
  });
});
