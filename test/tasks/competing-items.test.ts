import { describe, expect, test } from '@jest/globals';
import { CompetingItems } from '../../src/tasks/competing-items.ts';
import { randomSource } from '../../src/tasks/random.ts';

/** Twelve items. The IDs are in another order than the rows, and item 3 has no known ID. */
const catalog = {
  ids: Int32Array.from({ length: 12 }, (_, row) => (row === 3 ? 0 : 12 - row)),
  counts: Float32Array.from({ length: 12 }, (_, row) => row ** 2),
};

/** Items are drawn in proportion to (count + 1)^0.75. */
const weights = [...catalog.counts].map((count) => (count + 1) ** 0.75);
const total = weights.reduce((sum, weight) => sum + weight, 0);

describe('a catalog that fits', () => {
  test.each([12, 100])('competes as a whole in %i places, each item once and for certain', (places) => {
    const competing = new CompetingItems(catalog, places);
    competing.draw([5, 5, 11], randomSource(1));
    expect([...competing.items]).toEqual([...Array(12).keys()]);
    expect([...competing.logOdds].every((odds) => odds === 0)).toBe(true);
    for (const row of competing.items) expect(competing.positionOf(row)).toBe(row);
  });
});

describe('a sample of a larger catalog', () => {
  test('contains the needed items and no item twice, in every batch', () => {
    const competing = new CompetingItems(catalog, 6);
    const random = randomSource(1);
    for (const needed of [[0, 3], [0, 3, 3, 9, 0], [], [1, 2, 3, 4, 5, 6]]) {
      competing.draw(needed, random);
      expect(new Set(competing.items).size).toBe(6);
      expect([...competing.items]).toEqual(expect.arrayContaining(needed));
      for (const [at, row] of competing.items.entries()) expect(competing.positionOf(row)).toBe(at);
    }
    // The last batch needs all places, so no other item has one.
    expect(competing.positionOf(9)).toBe(-1);
  });

  test('knows the ID row of each catalog row', () => {
    const competing = new CompetingItems(catalog, 6);
    for (const row of catalog.ids.keys()) expect(competing.idOf(row)).toBe(catalog.ids[row]);
  });

  test('leaves out the last needed items if there are more than places', () => {
    const competing = new CompetingItems(catalog, 6);
    competing.draw([0, 1, 2, 3, 4, 5, 6], randomSource(1));
    expect([...competing.items]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(competing.positionOf(6)).toBe(-1);
  });

  test('has as log odds the logarithm of how often an item is drawn in as many independent draws, at most 0', () => {
    const competing = new CompetingItems(catalog, 6);
    competing.draw([0, 1, 2], randomSource(1));
    for (const [at, row] of competing.items.entries()) {
      const expected = Math.min(Math.log((6 * (weights[row] as number)) / total), 0);
      expect(competing.logOdds[at]).toBeCloseTo(expected, 5);
    }
  });

  test('draws the first free place in proportion to those odds', () => {
    const competing = new CompetingItems(catalog, 6);
    const random = randomSource(7);
    const drawn = new Float64Array(12);
    const trials = 40_000;
    for (let trial = 0; trial < trials; trial++) {
      competing.draw([], random);
      const first = competing.items[0] as number;
      drawn[first] = (drawn[first] as number) + 1;
    }
    for (const [row, weight] of weights.entries()) {
      // Four standard deviations of a share of 40,000 are at most 0.01.
      expect(Math.abs((drawn[row] as number) / trials - weight / total)).toBeLessThan(0.01);
    }
  });
});

describe('a sample of most of a catalog', () => {
  const skewed = {
    ids: Int32Array.from({ length: 6 }, (_, row) => row),
    counts: Float32Array.of(1, 3, 10, 50, 200, 1000),
  };
  const ofRows = [...skewed.counts].map((count) => (count + 1) ** 0.75);

  /** Returns how likely each of the rows is to be drawn last, by all possible orders. */
  function leftOut(rest: readonly number[]): Map<number, number> {
    const [last] = rest;
    if (rest.length === 1) return new Map([[last as number, 1]]);
    const sum = rest.reduce((total, row) => total + ofRows[row]!, 0);
    const likely = new Map<number, number>();
    for (const row of rest) {
      for (const [other, share] of leftOut(rest.filter((each) => each !== row)))
        likely.set(other, (likely.get(other) ?? 0) + (ofRows[row]! / sum) * share);
    }
    return likely;
  }

  test.each([[[]], [[5]], [[0, 4]]])(
    'fills the places after the rows %j one by one, in proportion to the weights of the rows without a place',
    (needed) => {
      const competing = new CompetingItems(skewed, 5);
      const random = randomSource(11);
      const trials = 40_000;
      const counts = new Float64Array(6);
      for (let trial = 0; trial < trials; trial++) {
        competing.draw(needed, random);
        const row = ofRows.findIndex((_, each) => competing.positionOf(each) === -1);
        counts[row] = counts[row]! + 1;
      }
      const expected = leftOut([0, 1, 2, 3, 4, 5].filter((row) => !needed.some((each) => each === row)));
      // Four standard deviations of a share of 40,000 are at most 0.01.
      for (const [row, count] of counts.entries())
        expect(Math.abs(count / trials - (expected.get(row) ?? 0))).toBeLessThan(0.01);
    },
  );

  test.each([
    ['all but one of as popular items', 20_001, () => 3],
    ['half of as popular items', 40_000, () => 3],
    ['half of items of which few are popular', 40_000, (row: number) => 1e6 / (row + 1) ** 2],
  ])('of %s takes few draws', (_, rows, countOf) => {
    const counts = Float32Array.from({ length: rows }, (_, row) => countOf(row));
    const competing = new CompetingItems({ ids: new Int32Array(rows), counts }, 20_000);
    let numbers = 0;
    const source = randomSource(1);
    const counting = {
      ...source,
      next() {
        numbers++;
        return source.next();
      },
      clone: () => source.clone(),
      getState: () => source.getState(),
    };
    competing.draw([0, 1, 2], counting);
    expect(new Set(competing.items).size).toBe(20_000);
    // A draw takes two numbers.
    expect(numbers / 2).toBeLessThan(2 * 20_000);
  });
});

describe('a draw among the competing items', () => {
  test.each([
    ['the whole catalog', 12],
    ['a sample', 6],
  ])('of %s is as frequent as its log odds say', (_, places) => {
    const competing = new CompetingItems(catalog, places);
    const random = randomSource(3);
    const [batches, draws] = [4000, 10];
    const [drawn, expected] = [new Float64Array(12), new Float64Array(12)];
    for (let batch = 0; batch < batches; batch++) {
      competing.draw([], random);
      for (let draw = 0; draw < draws; draw++) {
        const row = competing.items[competing.drawPosition(random)] as number;
        drawn[row] = (drawn[row] as number) + 1 / batches;
      }
    }
    for (const [row, weight] of weights.entries()) expected[row] = (draws * weight) / total;
    competing.draw([], random);
    for (const [at, row] of competing.items.entries()) {
      expect(competing.drawLogOdds(at, draws)).toBeCloseTo(Math.min(Math.log(expected[row] as number), 0), 4);
      // A sample without replacement has unlikely items more often than independent draws, and likely ones more seldom.
      if (places === 12) expect(Math.abs((drawn[row] as number) - (expected[row] as number))).toBeLessThan(0.15);
    }
  });
});
