import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { openMovieLens } from '../../../src/datasets/movielens/open-movielens.ts';
import { collect, folderWith } from '../dataset-fixtures.ts';
import { described, published } from './movielens-folders.ts';

async function bytesOfStreams(dataset: Dataset): Promise<number> {
  const streams = [dataset.users, dataset.items, dataset.scenarios, dataset.interactions];
  const read = await Promise.all(streams.map((stream) => collect<unknown>(stream)));
  return read.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function sizeOf(folder: string, files: readonly string[]): Promise<number> {
  const found = await Promise.all(files.map((file) => stat(join(folder, file))));
  return found.reduce((sum, { size }) => sum + size, 0);
}

describe('openMovieLens', () => {
  test('declares the eight features of MeLU if the folder has film metadata', async () => {
    const dataset = await openMovieLens(await folderWith(described));
    expect(dataset.fields.map(({ entity, name, kind }) => `${entity} ${name} ${kind}`)).toEqual([
      'user gender categorical',
      'user age categorical',
      'user occupation categorical',
      'user zipCode categorical',
      'item rated categorical',
      'item genres multiValued',
      'item directors multiValued',
      'item actors multiValued',
    ]);
    expect(dataset.name).toBe('movielens');
    expect(dataset.title).toMatch(/^MovieLens with film metadata \(.*warmstart-datasets-.*\)$/);
  });

  test('declares genres and years if the folder has only the published files', async () => {
    const dataset = await openMovieLens(await folderWith(published));
    const itemFields = dataset.fields.filter(({ entity }) => entity === 'item');
    expect(itemFields.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['genres multiValued', 'year numeric']);
    expect(dataset.title).toMatch(/^MovieLens as published /);
  });

  test.each([
    ['with film metadata', described],
    ['as published', published],
  ])('counts every byte of the files %s once', async (_, files) => {
    const folder = await folderWith(files);
    const dataset = await openMovieLens(folder);
    expect(dataset.bytes).toBe(await sizeOf(folder, Object.keys(files)));
    expect(await bytesOfStreams(dataset)).toBe(dataset.bytes);
  });

  test('reads users, with null for missing features', async () => {
    const { records, rejects } = await collect((await openMovieLens(await folderWith(described))).users);
    expect(rejects).toEqual([]);
    expect(records).toEqual([
      { id: '1', features: { gender: 'F', age: '1', occupation: '10', zipCode: '48067' } },
      { id: '2', features: { gender: 'M', age: null, occupation: '16', zipCode: '70072-1234' } },
    ]);
  });

  test('names the expected files if the folder does not exist', async () => {
    const folder = await folderWith({});
    await expect(openMovieLens(join(folder, 'nowhere'))).rejects.toMatchObject({
      name: 'WarmstartError',
      code: 'INVALID_DATA',
      message: expect.stringMatching(
        /^expected a MovieLens folder at .*nowhere with the files users\.dat, movies\.dat, .* or users\.dat, .*ratings\.dat/,
      ),
    });
  });

  test('names the missing file', async () => {
    const { 'scenarios.csv': _, ...files } = described;
    await expect(openMovieLens(await folderWith(files))).rejects.toThrow('(missing: scenarios.csv)');
  });

  test('refuses a file with other columns when it opens the folder', async () => {
    const files = { ...described, 'ratings.csv': 'userId,movieId,rating,timestamp\n1,1,5,978300275\n' };
    await expect(openMovieLens(await folderWith(files))).rejects.toThrow(
      'expected the first line of ratings.csv to be userId,movieId,rating, got "userId,movieId,rating,timestamp"',
    );
  });
});
