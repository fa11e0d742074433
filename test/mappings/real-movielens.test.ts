import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { collect } from '../datasets/dataset-fixtures.ts';

const folder = process.env.WARMSTART_MOVIELENS ?? resolve('../shared/data/ml-1m');
const found = existsSync(join(folder, 'ratings.csv'));

/** Runs only with WARMSTART_SLOW_TESTS, because it reads the ratings ten times. */
const timed = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

/** Returns the lines of a file that are not empty, without the reader that is tested. */
function lines(file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return text.split(/\r?\n/).filter((line) => line !== '');
}

async function millisecondsOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

(found ? describe : describe.skip)(
  found
    ? `the MovieLens folder at ${folder}`
    : `MovieLens (skipped: no ratings.csv in ${folder}, set WARMSTART_MOVIELENS)`,
  () => {
    test('has one user, item or rating per line and no rejected rows', async () => {
      const dataset = await openMovieLens(folder);
      const users = await collect(dataset.users);
      const items = await collect(dataset.items);
      const ratings = await collect(dataset.interactions);
      expect(users.rows.length).toBe(lines('users.dat').length);
      expect(items.rows.length).toBe(lines('movies.dat').length);
      expect(ratings.rows.length).toBe(lines('ratings.csv').length - 1);
      expect([...users.rejects, ...items.rejects, ...ratings.rejects]).toEqual([]);
    });

    test('yields the ratings in the order of the file', async () => {
      const { records } = await collect((await openMovieLens(folder)).interactions);
      const rows = records.map(({ userId, itemId, value }) => `${userId},${itemId},${value}`);
      // Compares two strings, because a matcher takes seconds for lists of this length.
      expect(rows.join('\n') === lines('ratings.csv').slice(1).join('\n')).toBe(true);
    });

    test('has scenarios with 100 to 1,000 known films each and unique titles', async () => {
      const dataset = await openMovieLens(folder);
      const known = new Set((await collect(dataset.items)).records.map(({ id }) => id));
      const { records, rejects } = await collect(dataset.scenarios);
      expect(rejects).toEqual([]);
      expect(records.reduce((sum, { items }) => sum + items.length, 0)).toBe(lines('scenarios.csv').length - 1);
      expect(new Set(records.map(({ title }) => title)).size).toBe(records.length);
      for (const { items } of records) {
        expect(items.length).toBeGreaterThanOrEqual(100);
        expect(items.length).toBeLessThanOrEqual(1000);
        expect(items.every((id) => known.has(id))).toBe(true);
      }
    });

    timed('reads and validates the ratings in at most 4 times the time of splitting them in memory', async () => {
      const { interactions } = await openMovieLens(folder);
      let [reading, splitting] = [0, 0];
      // Both alternate, so that other load on the machine slows both.
      for (let round = 0; round < 5; round++) {
        reading += await millisecondsOf(() => collect(interactions));
        splitting += await millisecondsOf(async () => lines('ratings.csv').map((line) => line.split(',')));
      }
      expect(reading / splitting).toBeLessThan(4);
    });
  },
);
