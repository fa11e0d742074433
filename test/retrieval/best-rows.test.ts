import { describe, expect, test } from '@jest/globals';
import { integer, randomStream } from '../../src/datasets/synthetic/random.ts';
import { BestRows } from '../../src/retrieval/best-rows.ts';

function best(count: number, scores: readonly number[], ids: readonly number[]) {
  const rows = new BestRows(count);
  for (const [row, score] of scores.entries()) rows.offer(row, ids[row] as number, score);
  return rows.found();
}

describe('the best rows', () => {
  test('come by descending score, and those of equal scores by ascending ID', () => {
    expect(best(3, [1, 5, 5, 2], [10, 40, 30, 20])).toEqual({
      rows: Int32Array.of(2, 1, 3),
      scores: Float64Array.of(5, 5, 2),
    });
  });

  test('are all rows if fewer are offered, and none if none are wanted', () => {
    expect([...best(9, [1, 2], [1, 2]).rows]).toEqual([1, 0]);
    expect([...best(0, [1, 2], [1, 2]).rows]).toEqual([]);
  });

  test.each(['random', 'ascending', 'descending', 'equal'] as const)(
    'are those of a sorted list, for %s scores with many ties',
    (order) => {
      const random = randomStream(1, 0);
      const scores = Array.from({ length: 5000 }, () => (order === 'equal' ? 1 : integer(random, 0, 300)));
      if (order === 'ascending') scores.sort((a, b) => a - b);
      if (order === 'descending') scores.sort((a, b) => b - a);
      const ids = scores.map((_, row) => (row * 7919) % 5003);
      const expected = [...scores.keys()].sort(
        (a, b) => (scores[b] as number) - (scores[a] as number) || (ids[a] as number) - (ids[b] as number),
      );
      expect([...best(100, scores, ids).rows]).toEqual(expected.slice(0, 100));
    },
  );
});
