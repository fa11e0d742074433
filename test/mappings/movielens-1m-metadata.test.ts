import { describe, expect, test } from '@jest/globals';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { collect, folderWith } from '../datasets/dataset-fixtures.ts';
import { described } from './movielens-folders.ts';

async function open(files: Partial<typeof described> = {}) {
  return openMovieLens(await folderWith({ ...described, ...files }));
}

test('MovieLens-1M with film metadata has the eight features of MeLU', async () => {
  const { fields } = await open();
  expect(fields.map(({ entity, name, kind }) => `${entity} ${name} ${kind}`)).toEqual([
    'user gender categorical',
    'user age categorical',
    'user occupation categorical',
    'user zipCode categorical',
    'item rated categorical',
    'item genres multiValued',
    'item directors multiValued',
    'item actors multiValued',
  ]);
});

test('the users of MovieLens-1M have null for missing features', async () => {
  const { records } = await collect((await open()).users);
  expect(records).toEqual([
    { id: '1', features: { gender: 'F', age: '1', occupation: '10', zipCode: '48067' } },
    { id: '2', features: { gender: 'M', age: null, occupation: '16', zipCode: '70072-1234' } },
  ]);
});

describe('the items of MovieLens-1M with film metadata', () => {
  test('have titles from movies.dat and features from the metadata', async () => {
    const { records } = await collect((await open()).items);
    expect(records[0]).toEqual({
      id: '1',
      title: 'The Amber Lantern (1955)',
      features: {
        rated: 'PG',
        genres: ['Drama', 'Family'],
        directors: ['Ada Corvo'],
        actors: ['Bo "Kettle" Rusk', 'Cy Tarn, Jr.'],
      },
    });
  });

  test('have null for features that the metadata leaves out', async () => {
    const { records } = await collect((await open()).items);
    const features = { rated: null, genres: null, directors: null, actors: ['Di Merrow'] };
    expect(records.find(({ id }) => id === '3')?.features).toEqual(features);
  });

  test('include films that only one of the two files has', async () => {
    const { rows } = await collect((await open()).items);
    expect(rows.map(({ record, file, line }) => [record.id, record.title, file, line])).toEqual([
      ['1', 'The Amber Lantern (1955)', 'movies-metadata.csv', 2],
      ['3', 'Quarry (1991)', 'movies-metadata.csv', 3],
      ['9', 'Orchard', 'movies-metadata.csv', 4],
      ['2', 'Éclair, L’ (1988)', 'movies.dat', 2],
    ]);
    expect(rows[3]?.record.features).toEqual({ rated: null, genres: null, directors: null, actors: null });
  });

  test('are incomplete if a damaged row of either file may be theirs', async () => {
    const marksOf = async (files: Partial<typeof described>) => {
      const { records, rejects } = await collect((await open(files)).items);
      expect(rejects).toHaveLength(1);
      return Object.fromEntries(records.map(({ id, incomplete = false }) => [id, incomplete]));
    };
    const metadata = described['movies-metadata.csv'].replace('Jr."', 'Jr.');
    expect(await marksOf({ 'movies-metadata.csv': metadata })).toEqual({ 1: true, 2: true, 3: false, 9: false });
    const films = described['movies.dat'].replace('::Drama|War', '');
    expect(await marksOf({ 'movies.dat': films })).toEqual({ 1: false, 2: false, 3: true, 9: true });
  });
});

describe('the ratings of MovieLens-1M without times', () => {
  test('keep the order of the rows', async () => {
    const { records } = await collect((await open()).interactions);
    expect(records.map(({ userId, itemId, value, time }) => [userId, itemId, value, time])).toEqual([
      ['2', '3', 5, null],
      ['1', '1', 4, null],
      ['2', '1', 3.5, null],
      ['1', '3', 1, null],
    ]);
  });

  test('are from 1 to 5 in steps of 0.5', async () => {
    const written = ['1', '1.0', '1.5', '2', '2.5', '3', '3.5', '4', '4.0', '4.5', '5', '5.0'];
    const wrong = ['', 'good', 'NaN', '0x4', '0', '0.5', '5.5', '-3', '3.7'];
    const rows = [...written, ...wrong].map((rating, index) => `1,${index},${rating}`);
    const { records, rejects } = await collect(
      (await open({ 'ratings.csv': ['userId,movieId,rating', ...rows].join('\n') })).interactions,
    );
    expect(records.map(({ value }) => value)).toEqual(written.map(Number));
    expect(rejects).toHaveLength(wrong.length);
    expect(rejects.at(-1)?.reason).toBe('rating: expected a rating from 1 to 5 in steps of 0.5, got "3.7"');
  });
});

describe('the scenarios of MovieLens-1M with film metadata', () => {
  test('have the films of all their rows, each once, and the position of their first row', async () => {
    const repeated = `${described['scenarios.csv']}"decade:1950s",1\n`;
    const { rows } = await collect((await open({ 'scenarios.csv': repeated })).scenarios);
    expect(rows).toEqual([
      {
        record: { id: 'decade:1950s', title: '1950s', items: ['1', '2'] },
        ...{ file: 'scenarios.csv', line: 2, row: '"decade:1950s",1' },
      },
      {
        record: { id: 'genre:Drama & rated:UNRATED', title: 'Drama, unrated', items: ['3'] },
        ...{ file: 'scenarios.csv', line: 3, row: '"genre:Drama & rated:UNRATED",3' },
      },
    ]);
  });

  test('have titles without the names of their columns', async () => {
    const titles = {
      'decade:1950s': '1950s',
      'genre:Horror': 'Horror',
      'rated:PG-13': 'Rated PG-13',
      'rated:UNRATED': 'Unrated',
      'decade:1990s & genre:Comedy': '1990s Comedy',
      'decade:1980s & rated:R': '1980s, rated R',
      'genre:Action & genre:Crime': 'Action & Crime',
      'genre:Family & rated:PG': 'Family, rated PG',
      'genre:Drama & rated:UNRATED': 'Drama, unrated',
      'occasion:rainy': 'occasion:rainy',
      'Films & Friends': 'Films & Friends',
      '17': '17',
    };
    const rows = Object.keys(titles).map((id) => `"${id}",1`);
    const dataset = await open({ 'scenarios.csv': ['scenarioId,movieId', ...rows].join('\n') });
    const { records } = await collect(dataset.scenarios);
    expect(Object.fromEntries(records.map(({ id, title }) => [id, title]))).toEqual(titles);
  });
});
