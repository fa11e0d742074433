import { describe, expect, it } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { best, type ScoredItem } from '../../src/serving/score-candidates.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';

/** 500 items in random order with scores from 0 to 49, so that about ten items share each score. */
function scoredItems(seed: number): ScoredItem[] {
  const random = randomSource(seed);
  const ids = Int32Array.from({ length: 500 }, (_, id) => id);
  shuffle(ids, random);
  return Array.from(ids, (itemId) => ({ itemId, score: uniformInt(random, 0, 49) }));
}

/** The whole list, sorted by score, and items of the same score by ID. */
const sorted = (items: readonly ScoredItem[]) =>
  items.toSorted((a, b) => (a.score === b.score ? a.itemId - b.itemId : b.score - a.score));

describe('best', () => {
  it.each([1, 2, 10, 499, 500, 600])('returns the first %i items of the sorted list', (limit) => {
    for (let seed = 0; seed < 20; seed++) {
      const items = scoredItems(seed);
      expect(best(items, limit, undefined)).toEqual(sorted(items).slice(0, limit));
    }
  });

  it('returns each item once if a list is read page by page', () => {
    const items = scoredItems(1);
    const pages: ScoredItem[] = [];
    for (let page = best(items, 7, undefined); page.length > 0; page = best(items, 7, pages.at(-1)))
      pages.push(...page);
    expect(pages).toEqual(sorted(items));
  });
});
