import { describe, expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { RankedList } from '../../src/evaluation/ranked-list.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';

const list = (...scores: number[]) => new RankedList(Float32Array.from(scores));
const rows = (...relevant: number[]) => Int32Array.from(relevant);

/** Ranks by sorting all rows, ties by row, and sums the measures rank by rank. */
function measureBySorting(scores: Float32Array, relevant: Int32Array, n: number) {
  const order = [...scores.keys()]
    .filter((row) => scores[row] !== -Infinity)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    .slice(0, n);
  const hits = order.map((row) => (relevant.includes(row) ? 1 : 0));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const discounted = (values: readonly number[]) => sum(values.map((hit, place) => hit / Math.log2(place + 2)));
  const best = new Array(Math.min(n, relevant.length)).fill(1);
  return { order, recall: sum(hits) / best.length, gain: discounted(hits) / discounted(best) };
}

describe('RankedList', () => {
  test('lists the first hundred rows by descending scores, and equal scores by row', () => {
    expect([...list(1, 3, 2, 3).rows]).toEqual([1, 3, 2, 0]);
    const ascending = list(...Array.from({ length: 150 }, (_, row) => row));
    expect([...ascending.rows]).toEqual(Array.from({ length: 100 }, (_, place) => 149 - place));
  });

  test('does not list rows with the score −Infinity', () => {
    expect([...list(1, -Infinity, 2).rows]).toEqual([2, 0]);
    expect(list(-Infinity).rows.length).toBe(0);
    expect(list(-Infinity, 1).recall(rows(0), 10)).toBe(0);
    expect(list(-Infinity).recall(rows(0), 10)).toBe(0);
  });

  test('divides recall by the most relevant rows that there can be', () => {
    const ranked = list(9, 8, 7, 6);
    // Two of the first two are relevant, out of three in all.
    expect(ranked.recall(rows(0, 1, 3), 2)).toBe(1);
    expect(ranked.recall(rows(0, 2, 3), 2)).toBe(0.5);
    expect(ranked.recall(rows(0, 3), 3)).toBe(0.5);
  });

  test('discounts gains by the logarithm of the rank', () => {
    const ranked = list(9, 8, 7, 6);
    // Ranks 2 and 4 out of the best ranks 1 and 2.
    const expected = (1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3));
    expect(ranked.normalizedGain(rows(1, 3), 20)).toBeCloseTo(expected, 12);
    expect(ranked.normalizedGain(rows(1, 3), 3)).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)), 12);
    expect(ranked.normalizedGain(rows(0, 1, 2), 2)).toBeCloseTo(1, 12);
  });

  test('agrees with sorting all rows if all scores differ', () => {
    const random = randomSource(7);
    for (let trial = 0; trial < 20; trial++) {
      const order = Int32Array.from({ length: 300 }, (_, row) => row);
      shuffle(order, random);
      const scores = Float32Array.from(order);
      for (let masked = 0; masked < 30; masked++) scores[uniformInt(random, 0, 299)] = -Infinity;
      const relevant = Int32Array.from({ length: 25 }, (_, index) => index * 12);
      const ranked = new RankedList(scores);
      for (const n of [10, 20, 100]) {
        const { order: first, recall, gain } = measureBySorting(scores, relevant, n);
        expect([...ranked.rows.subarray(0, n)]).toEqual(first);
        expect(ranked.recall(relevant, n)).toBeCloseTo(recall, 12);
        expect(ranked.normalizedGain(relevant, n)).toBeCloseTo(gain, 12);
      }
    }
  });

  test('is the mean over all orders of rows with equal scores', () => {
    // Rows 0 to 5: one above, three tied for the ranks 2 to 4, two below.
    const scores = Float32Array.of(5, 3, 3, 3, 1, 0);
    const relevant = rows(1, 4);
    const orders = [
      [1, 2, 3],
      [1, 3, 2],
      [2, 1, 3],
      [2, 3, 1],
      [3, 1, 2],
      [3, 2, 1],
    ];
    for (const n of [2, 3, 4, 5]) {
      const all = orders.map((order) => {
        const distinct = scores.slice();
        for (const [place, row] of order.entries()) distinct[row] = 3 - place / 10;
        return measureBySorting(distinct, relevant, n);
      });
      const mean = (name: 'recall' | 'gain') => all.reduce((sum, one) => sum + one[name], 0) / all.length;
      const ranked = new RankedList(scores);
      expect(ranked.recall(relevant, n)).toBeCloseTo(mean('recall'), 6);
      expect(ranked.normalizedGain(relevant, n)).toBeCloseTo(mean('gain'), 6);
    }
  });

  test('gives every row the same chance if all scores are equal, also beyond the hundred that are listed', () => {
    const equal = new RankedList(new Float32Array(400));
    expect(equal.recall(rows(399), 20)).toBeCloseTo(20 / 400, 12);
    expect(equal.recall(rows(0), 20)).toBeCloseTo(20 / 400, 12);
  });
});
