import { describe, expect, it } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { placeAmong, topRows } from '../../src/serving/top-rows.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';

/** 500 items in random order with scores from 0 to 49, so that about ten items share each score. */
function scoredItems(seed: number): { ids: Int32Array; scores: Float32Array } {
  const random = randomSource(seed);
  const ids = Int32Array.from({ length: 500 }, (_, id) => id);
  shuffle(ids, random);
  return { ids, scores: Float32Array.from(ids, () => uniformInt(random, 0, 49)) };
}

/** The whole list, sorted by score, and items of the same score by ID. */
function sorted({ ids, scores }: ReturnType<typeof scoredItems>) {
  const all = Array.from(ids, (id, row) => ({ row, score: scores[row] as number, id }));
  return all
    .toSorted((a, b) => (a.score === b.score ? a.id - b.id : b.score - a.score))
    .map(({ row, score }) => ({ row, score }));
}

describe('topRows', () => {
  it.each([0, 1, 2, 10, 499, 500, 600])('returns the first %i items of the sorted list', (limit) => {
    for (let seed = 0; seed < 20; seed++) {
      const items = scoredItems(seed);
      expect(topRows(items.scores, items.ids, { limit })).toEqual(sorted(items).slice(0, limit));
    }
  });

  it('returns only marked rows', () => {
    const items = scoredItems(3);
    const marks = Uint8Array.from(items.ids, (id) => (id % 3 === 0 ? 1 : 0));
    const expected = sorted(items).filter(({ row }) => marks[row] === 1);
    expect(topRows(items.scores, items.ids, { marks, limit: 40 })).toEqual(expected.slice(0, 40));
  });

  it('leaves out items whose score is not a number', () => {
    expect(topRows([1, Number.NaN, 2], [1, 2, 3], { limit: 3 }).map(({ row }) => row)).toEqual([2, 0]);
  });

  it('returns each item once if a list is read page by page', () => {
    const items = scoredItems(1);
    const pages: ReturnType<typeof sorted> = [];
    for (let page = topRows(items.scores, items.ids, { limit: 7 }); page.length > 0; ) {
      pages.push(...page);
      const { row, score } = page.at(-1) as { row: number; score: number };
      page = topRows(items.scores, items.ids, { limit: 7, after: { score, id: items.ids[row] as number } });
    }
    expect(pages).toEqual(sorted(items));
  });
});

describe('placeAmong', () => {
  it('takes the current score of an item whose score differs in its last bits only', () => {
    expect(placeAmong([3, 5.000001], [1, 2], { id: 2, score: 5 })).toEqual({ id: 2, score: 5.000001 });
    expect(placeAmong([3, 5.1], [1, 2], { id: 2, score: 5 })).toEqual({ id: 2, score: 5 });
    expect(placeAmong([3], [1], { id: 2, score: 5 })).toEqual({ id: 2, score: 5 });
  });
});
