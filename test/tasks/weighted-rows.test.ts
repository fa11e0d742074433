import { describe, expect, test } from '@jest/globals';
import { randomSource } from '../../src/tasks/random.ts';
import { WeightedRows } from '../../src/tasks/weighted-rows.ts';

const weights = Float64Array.of(1, 100, 0.5, 7, 7, 2000, 3);

/** Returns the share of the draws of each row. */
function shares(rows: WeightedRows, draws: number): Float64Array {
  const random = randomSource(3);
  const counts = new Float64Array(weights.length);
  for (let draw = 0; draw < draws; draw++) {
    const row = rows.draw(random);
    counts[row] = (counts[row] as number) + 1 / draws;
  }
  return counts;
}

/** Four standard deviations of a share `share` of so many draws. */
function bound(share: number, draws: number): number {
  return 4 * Math.sqrt((share * (1 - share)) / draws) + 1e-9;
}

describe('weighted rows', () => {
  const draws = 100_000;
  const all = new WeightedRows(weights);

  test('are drawn in proportion to their weights', () => {
    const total = 2118.5;
    expect([all.count, all.total]).toEqual([7, total]);
    for (const [row, share] of shares(all, draws).entries()) {
      const expected = (weights[row] as number) / total;
      expect(Math.abs(share - expected)).toBeLessThan(bound(expected, draws));
    }
  });

  test('are drawn in proportion to their weights when those with a place are left out', () => {
    const some = all.unplaced(Int32Array.of(-1, 2, -1, -1, -1, 0, 1));
    expect([some.count, some.total]).toEqual([4, 15.5]);
    for (const [row, share] of shares(some, draws).entries()) {
      const expected = [0, 2, 3, 4].includes(row) ? (weights[row] as number) / 15.5 : 0;
      expect(Math.abs(share - expected)).toBeLessThan(bound(expected, draws));
    }
  });

  test('contain the last row for the largest random numbers, and the first for the smallest', () => {
    const always = (bits: number) => ({ ...randomSource(1), next: () => bits }) as ReturnType<typeof randomSource>;
    expect(all.draw(always(-1))).toBe(6);
    expect(all.draw(always(0))).toBe(0);
  });
});
