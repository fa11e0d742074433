import { describe, expect, test } from '@jest/globals';
import { openMovieLens } from '../../../src/datasets/movielens/open-movielens.ts';
import { collect, folderWith } from '../dataset-fixtures.ts';
import { described, published } from './movielens-folders.ts';

async function itemsOf(files: Readonly<Record<string, string | Buffer>>) {
  return collect((await openMovieLens(await folderWith(files))).items);
}

describe('MovieLens items with film metadata', () => {
  test('have titles from movies.dat and features from the metadata', async () => {
    const { records, rejects } = await itemsOf(described);
    expect(rejects).toEqual([]);
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
    const { records } = await itemsOf(described);
    expect(records.find(({ id }) => id === '3')?.features).toEqual({
      rated: null,
      genres: null,
      directors: null,
      actors: ['Di Merrow'],
    });
  });

  test('include films that only one of the two files has', async () => {
    const { rows } = await itemsOf(described);
    const origins = rows.map(({ record, file, line }) => [record.id, record.title, file, line]);
    expect(origins).toEqual([
      ['1', 'The Amber Lantern (1955)', 'movies.dat', 1],
      ['2', 'Éclair, L’ (1988)', 'movies.dat', 2],
      ['3', 'Quarry (1991)', 'movies.dat', 3],
      ['9', 'Orchard (1970)', 'movies-metadata.csv', 4],
    ]);
    expect(rows[1]?.record.features).toEqual({
      rated: null,
      genres: ['Comedy'],
      directors: null,
      actors: null,
    });
  });

  test('can have a title with a line feed', async () => {
    const metadata = described['movies-metadata.csv'].replace('9,Orchard,', '9,"Orchard,\nagain",');
    const { records, rejects } = await itemsOf({ ...described, 'movies-metadata.csv': metadata });
    expect(records.find(({ id }) => id === '9')?.title).toBe('Orchard,\nagain (1970)');
    expect(rejects).toEqual([]);
  });

  test('have the data of movies.dat, and are incomplete, if a metadata row is damaged that may be theirs', async () => {
    const damaged = described['movies-metadata.csv'].replace('Jr."', 'Jr.');
    const { records, rejects } = await itemsOf({ ...described, 'movies-metadata.csv': damaged });
    expect(records.map(({ id, incomplete }) => [id, incomplete])).toEqual([
      ['1', true],
      ['2', true],
      ['3', undefined],
      ['9', undefined],
    ]);
    expect(records[0]?.features).toEqual({
      rated: null,
      genres: ['Drama', "Children's"],
      directors: null,
      actors: null,
    });
    expect(rejects.map(({ file, line }) => `${file}:${line}`)).toEqual(['movies-metadata.csv:2']);
  });

  test('have the data of their metadata, and are incomplete, if a row of movies.dat is damaged', async () => {
    const damaged = described['movies.dat'].replace('::Drama|War', '');
    const { records, rejects } = await itemsOf({ ...described, 'movies.dat': damaged });
    expect(records.map(({ id, incomplete }) => [id, incomplete])).toEqual([
      ['1', undefined],
      ['2', undefined],
      ['3', true],
      ['9', true],
    ]);
    expect(rejects.map(({ file, line }) => `${file}:${line}`)).toEqual(['movies.dat:3']);
  });
});

describe('MovieLens items as published', () => {
  test('have genres and the year at the end of their title', async () => {
    const { records } = await itemsOf(published);
    expect(records).toEqual([
      { id: '1', title: 'The Amber Lantern (1955)', features: { genres: ['Drama'], year: 1955 } },
      { id: '2', title: 'Ferry', features: { genres: ['Comedy', 'War'], year: null } },
    ]);
  });

  test('can be encoded in ISO 8859-1', async () => {
    const { records } = await itemsOf({
      ...published,
      'movies.dat': Buffer.from('1::Zoë, La (1970)::Drama\n', 'latin1'),
    });
    expect(records[0]?.title).toBe('La Zoë (1970)');
  });

  test.each([
    ['1::Ferry (1970)::Drama', 'expected each movieId only once, got it again after line 1'],
    ['::Ferry (1970)::Drama', 'expected a movieId, got none'],
    ['5::::Drama', 'expected a title, got none'],
    ['5::Ferry (1970)', 'expected 3 columns (movieId, title, genres), got 2'],
  ])('do not include the damaged row %s', async (row, reason) => {
    const { records, rejects } = await itemsOf({
      ...published,
      'movies.dat': `1::Quarry (1970)::Drama\n${row}\n6::Raven (1970)::Drama\n`,
    });
    expect(records.map(({ id }) => id)).toEqual(['1', '6']);
    expect(rejects).toEqual([{ file: 'movies.dat', line: 2, reason, row }]);
  });
});
