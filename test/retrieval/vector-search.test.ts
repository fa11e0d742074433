import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isBefore } from '../../src/retrieval/best-rows.ts';
import type { VectorQuery } from '../../src/retrieval/vector-query.ts';
import { VectorSearch } from '../../src/retrieval/vector-search.ts';
import {
  bestOf,
  type Filled,
  filledTable,
  lastPlace,
  productsOf,
  quickRandom,
  randomVectors,
  recall,
  tableOf,
} from './random-vectors.ts';
import { deadlyCount } from './thread-that-can-die.ts';

const [rows, width] = [20_000, 13];
const tables = [
  { size: 'small', maxFloats: rows * width, least: 1, error: 1e-7 },
  { size: 'large', maxFloats: 0, least: 0.99, error: 1e-4 },
];

test('a search of a small table finds exactly the best of rows that products in 32 bits cannot tell apart', async () => {
  const search = new VectorSearch();
  const center = randomVectors(8, 1, width);
  const noise = randomVectors(9, rows, width);
  const similar = tableOf(
    noise.map((value, at) => (center[at % width] as number) + 3e-7 * value),
    width,
    { maxFloats: rows * width },
  );
  const found = await search.topK(similar.table, { vector: randomVectors(2, 1, width), count: 43 });
  await search.close();
  const scores = productsOf(similar.vectors, randomVectors(2, 1, width)).map(Math.fround);
  const before = (a: number, b: number) =>
    (scores[b] as number) - (scores[a] as number) || (similar.ids[a] as number) - (similar.ids[b] as number);
  const expected = Array.from({ length: rows }, (_, row) => row).sort(before);
  expect([...found.rows]).toEqual(expected.slice(0, 43));
});

describe.each(tables)('a search of a $size table', ({ maxFloats, least, error }) => {
  const search = new VectorSearch();
  const vector = randomVectors(2, 1, width);
  let filled: Filled;
  beforeAll(() => {
    filled = filledTable(rows, width, { maxFloats });
  });
  afterAll(() => search.close());

  const find = (query: Partial<VectorQuery>) => search.topK(filled.table, { vector, count: 500, ...query });
  const maskOf = (share: number) => {
    const uniform = quickRandom(3);
    return Uint8Array.from({ length: rows }, () => (uniform() < share ? 1 : 0));
  };

  test(`finds ${100 * least} of 100 of the best rows, with their scores, in order`, async () => {
    const found = await find({});
    const expected = bestOf(filled, vector, 500);
    expect(found.rows).toHaveLength(500);
    expect(recall(found, expected.rows)).toBeGreaterThanOrEqual(least);
    const largest = Math.abs(found.scores[0] as number);
    for (const [place, row] of found.rows.entries()) {
      expect(Math.abs((found.scores[place] as number) - (expected.scores[row] as number))).toBeLessThan(
        error * largest,
      );
    }
    const places = [...found.rows].map((row, place) => ({
      score: found.scores[place] as number,
      id: filled.ids[row] as number,
    }));
    for (const [index, place] of places.slice(1).entries())
      expect(isBefore(places[index] as typeof place, place)).toBe(true);
  });

  test.each([0.5, 0.01, 0.0005, 0])('finds the best of the %d of all rows that a mask allows', async (share) => {
    const allowed = maskOf(share);
    const found = await find({ allowed });
    const expected = bestOf(filled, vector, 500, (row) => allowed[row] === 1);
    expect(found.rows).toHaveLength(expected.rows.length);
    expect(found.rows.every((row) => allowed[row] === 1)).toBe(true);
    if (expected.rows.length > 0) expect(recall(found, expected.rows)).toBeGreaterThanOrEqual(least);
  });

  test('never finds rows that a mask is too short for', async () => {
    expect((await find({ allowed: new Uint8Array(100).fill(1) })).rows.every((row) => row < 100)).toBe(true);
  });

  test('finds the best of rows that are nearly equal, but for the rounding', async () => {
    const noise = randomVectors(6, rows, width);
    const centers = randomVectors(7, 20, width);
    const vectors = noise.map((value, at) => (centers[at % centers.length] as number) + 1e-3 * value);
    const similar = tableOf(vectors, width, { maxFloats });
    const found = await search.topK(similar.table, { vector, count: 43 });
    const expected = bestOf(similar, vector, 43);
    const last = expected.scores[expected.rows.at(-1) as number] as number;
    const rounding = error * Math.abs(expected.scores[expected.rows[0] as number] as number);
    const missed = [...found.rows].filter((row) => (expected.scores[row] as number) < last - rounding);
    expect(missed).toEqual([]);
  });

  test('continues after a place without repeating or skipping a row', async () => {
    const whole = await find({ count: 2000 });
    const pages = [await find({ count: 400 })];
    while (pages.length < 5) pages.push(await find({ count: 400, after: lastPlace(pages.at(-1)!, filled) }));
    expect(pages.flatMap((page) => [...page.rows])).toEqual([...whole.rows]);
  });

  test('continues after a place deep in the list', async () => {
    const scores = bestOf(filled, vector, rows).scores;
    const middle = scores.toSorted()[rows / 2] as number;
    const found = await find({ after: { score: middle, id: 0 } });
    const expected = bestOf(filled, vector, 500, (_, score) => score < middle);
    expect(found.scores.every((score) => score <= middle)).toBe(true);
    expect(recall(found, expected.rows)).toBeGreaterThanOrEqual(least);
  });

  test('finds nothing if no rows are wanted, and all rows if more are wanted than there are', async () => {
    expect((await find({ count: 0 })).rows).toHaveLength(0);
    const all = await find({ count: 10 * rows });
    expect(new Set(all.rows).size).toBe(rows);
  });

  test('gives searches at the same time the same as one after the other', async () => {
    const vectors = Array.from({ length: 20 }, (_, seed) => randomVectors(100 + seed, 1, width));
    const together = await Promise.all(vectors.map((each) => find({ vector: each })));
    for (const [index, each] of vectors.entries()) expect(together[index]).toEqual(await find({ vector: each }));
  });

  test('refuses vectors of another width, numbers that are not finite, and a negative number of rows', async () => {
    await expect(find({ vector: vector.subarray(1) })).rejects.toThrow(
      `Expected a vector of ${width} finite numbers to search for, got ${width - 1} numbers.`,
    );
    await expect(find({ vector: vector.map(() => Infinity) })).rejects.toThrow(TypeError);
    await expect(find({ count: -1 })).rejects.toThrow('Expected a number of rows to find, got -1.');
  });
});

test.each(tables)(
  'items with the same vector come by ascending ID in a $size table, wherever their rows are',
  async ({ maxFloats }) => {
    const { table, ids } = filledTable(26_000, 4, { maxFloats });
    const same = Float32Array.from({ length: 4 }, () => 100);
    const rows = [25_000, 3, 9000, 17_000, 12];
    for (const row of rows) table.set([row], [ids[row] as number], same);
    const search = new VectorSearch();
    const found = await search.topK(table, { vector: same, count: 3 });
    await search.close();
    expect([...found.rows]).toEqual([25_000, 17_000, 9000]);
  },
);

describe('the thread of a search', () => {
  const { table } = filledTable(rows, width, { maxFloats: 0 });
  const vector = randomVectors(2, 1, width);

  test('starts again after it has died, and the searches that waited for it reject', async () => {
    const search = new VectorSearch({ module: new URL('./thread-that-can-die', import.meta.url) });
    const before = await search.topK(table, { vector, count: 10 });
    const other = filledTable(rows, width, { maxFloats: 0, seed: 7 }).table;
    const waiting = [
      search.topK(table, { vector, count: deadlyCount }),
      search.topK(table, { vector, count: 10 }),
      search.topK(other, { vector, count: 10 }),
    ];
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { message: 'The thread that searches for items ended: no memory is left.' },
      });
    }
    expect(await search.topK(table, { vector, count: 10 })).toEqual(before);
    await search.close();
  });

  test('ends on close: waiting and later searches reject', async () => {
    const search = new VectorSearch();
    const waiting = search.topK(table, { vector, count: 10 });
    await search.close();
    await expect(waiting).rejects.toThrow('The thread that searches for items ended');
    await expect(search.topK(table, { vector, count: 10 })).rejects.toThrow(
      'Expected to search before the search is closed.',
    );
  });
});

const large = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

large(
  'a search of a million items finds 99 of 100 of the best thousand, also with a mask that allows 1 %',
  async () => {
    const items = 1_000_000;
    const search = new VectorSearch();
    const filled = filledTable(items, width);
    const vector = randomVectors(2, 1, width);
    const uniform = quickRandom(3);
    const mask = Uint8Array.from({ length: items }, () => (uniform() < 0.01 ? 1 : 0));
    for (const allowed of [undefined, mask]) {
      const found = await search.topK(filled.table, { vector, count: 1000, allowed });
      const expected = bestOf(filled, vector, 1000, (row) => allowed === undefined || allowed[row] === 1);
      expect(recall(found, expected.rows)).toBeGreaterThanOrEqual(0.99);
    }
    await search.close();
  },
  120_000,
);
