import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openMovieLens, openRatings, openScenarios } from '../../../src/datasets/mapping/open-movielens.ts';
import { described, later, published } from '../../mappings/movielens-folders.ts';
import { collect, folderWith } from '../dataset-fixtures.ts';
import { readAll } from './table-in-memory.ts';

describe('openMovieLens', () => {
  test.each([
    ['MovieLens with film metadata', 'movielens', described],
    ['MovieLens as published', 'movielens', published],
    ['MovieLens-20M as published', 'movielens-20m', later],
  ])('recognizes %s by its files, and ignores others', async (title, name, files) => {
    const dataset = await openMovieLens(await folderWith({ ...files, README: 'about', 'links.csv': '' }));
    expect(dataset.title).toMatch(new RegExp(`^${title} \\(/.*warmstart-datasets-.*\\)$`));
    expect(dataset.name).toBe(name);
    const { bytes, rejects } = await readAll(dataset);
    expect(bytes).toBe(dataset.bytes);
    expect(rejects).toEqual([]);
  });

  test('converts ratings to a scale if one is given', async () => {
    const folder = await folderWith(published);
    const valuesOf = async (scale?: { minimum: number; maximum: number }) => {
      const { records } = await collect((await openMovieLens(folder, scale)).interactions);
      return records.map(({ value }) => value);
    };
    expect(await valuesOf()).toEqual([5, 4, 3, 2, 1]);
    expect(await valuesOf({ minimum: 0, maximum: 100 })).toEqual([100, 75, 50, 25, 0]);
  });

  test('names the expected files if the folder does not exist', async () => {
    const folder = await folderWith({});
    await expect(openMovieLens(join(folder, 'nowhere'))).rejects.toMatchObject({
      name: 'WarmstartError',
      code: 'INVALID_DATA',
      message: expect.stringMatching(
        /^expected a MovieLens folder at .*nowhere with the files users\.dat, movies-metadata\.csv, .* or users\.dat, .*ratings\.dat .* or movies\.csv, ratings\.csv /,
      ),
    });
  });

  test('names the missing file', async () => {
    const { 'scenarios.csv': _, ...files } = described;
    await expect(openMovieLens(await folderWith(files))).rejects.toThrow('(missing: scenarios.csv)');
  });

  test('refuses a file without one of the columns when it opens the folder', async () => {
    const files = { ...described, 'ratings.csv': 'userId,movie,rating\n1,1,5\n' };
    await expect(openMovieLens(await folderWith(files))).rejects.toThrow(
      'expected the column "movieId" (did you mean "movie"?) in ratings.csv, got the columns userId, movie, rating',
    );
  });
});

describe('a file of any name', () => {
  test('is read like ratings.csv by openRatings', async () => {
    const folder = await folderWith({ 'new users*.csv': described['ratings.csv'] });
    const { rows } = await collect(await openRatings(join(folder, 'new users*.csv')));
    expect(rows[0]).toEqual({
      record: { userId: '2', itemId: '3', value: 5, time: null, type: 'RATE' },
      ...{ file: 'new users*.csv', line: 2, row: '2,3,5' },
    });
  });

  test('is read like scenarios.csv by openScenarios', async () => {
    const folder = await folderWith({ new: described['scenarios.csv'] });
    const { records } = await collect(await openScenarios(join(folder, 'new')));
    expect(records.map(({ id }) => id)).toEqual(['decade:1950s', 'genre:Drama & rated:UNRATED']);
  });
});
