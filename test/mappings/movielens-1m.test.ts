import { describe, expect, test } from '@jest/globals';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { collect, folderWith } from '../datasets/dataset-fixtures.ts';
import { published } from './movielens-folders.ts';

type Files = Readonly<Record<string, string | Buffer>>;

async function open(files: Files = {}) {
  return openMovieLens(await folderWith({ ...published, ...files }));
}

describe('the items of MovieLens-1M as published', () => {
  test('have genres and the year at the end of their title', async () => {
    const { records } = await collect((await open()).items);
    expect(records).toEqual([
      { id: '1', title: 'The Amber Lantern (1955)', features: { genres: ['Drama'], year: 1955 } },
      { id: '2', title: 'Ferry', features: { genres: ['Comedy', 'War'], year: null } },
    ]);
  });

  test.each([
    ['Amber Lantern, The (1995)', 'The Amber Lantern (1995)'],
    ['Ferry, A (1931)', 'A Ferry (1931)'],
    ['Lanterna, La (The Lantern) (1962)', 'La Lanterna (The Lantern) (1962)'],
    ['Lantern, The (Lanterne, La) (1962)', 'The Lantern (La Lanterne) (1962)'],
    ["Island, The (Isola, L') (1970)", "The Island (L'Isola) (1970)"],
    ["Isola, L' (1970)", "L'Isola (1970)"],
    ['Salt, Snow and Rain, The (1988)', 'The Salt, Snow and Rain (1988)'],
    ['Goodbye, Harbour (1987)', 'Goodbye, Harbour (1987)'],
    ['Quarry, Theo (1987)', 'Quarry, Theo (1987)'],
    ['Quarry, The', 'The Quarry'],
    ['The Cash $& Co., The (1999)', 'The The Cash $& Co. (1999)'],
    ['Quiet Raven (1999) ', 'Quiet Raven (1999)'],
    ['The', 'The'],
  ])('have the title %j as %j', async (title, readable) => {
    const { records } = await collect((await open({ 'movies.dat': `1::${title}::Drama\n` })).items);
    expect(records[0]?.title).toBe(readable);
  });

  test('can be encoded in ISO 8859-1', async () => {
    const films = Buffer.from('1::Zoë, La (1970)::Drama\n', 'latin1');
    const { records } = await collect((await open({ 'movies.dat': films })).items);
    expect(records[0]?.title).toBe('La Zoë (1970)');
  });

  test.each([
    ['1::Ferry (1970)::Drama', 'movieId: expected each ID in one row, got "1"; line 1 has it too'],
    ['::Ferry (1970)::Drama', 'movieId: expected an ID: a text or a whole number, got none'],
    ['5::Ferry (1970)', 'expected 3 cells, got 2'],
  ])('do not include the damaged row %s', async (row, reason) => {
    const films = `1::Quarry (1970)::Drama\n${row}\n6::Raven (1970)::Drama\n`;
    const { records, rejects } = await collect((await open({ 'movies.dat': films })).items);
    expect(records.map(({ id }) => id)).toEqual(['1', '6']);
    expect(rejects).toEqual([{ file: 'movies.dat', line: 2, reason, row }]);
  });
});

describe('the ratings of MovieLens-1M as published', () => {
  test('keep the order of the rows, with their times', async () => {
    const { rows } = await collect((await open()).interactions);
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    // 978,300,275 s after 1970 is 22:04:35 on the last day of 2000.
    expect(rows[0]).toMatchObject({
      record: { time: new Date('2000-12-31T22:04:35Z'), type: 'RATE' },
      file: 'ratings.dat',
    });
  });

  test.each([
    ['7::5::4::', 'timestamp: expected a time in seconds since 1970, got none'],
    ['7::5::4::-1', 'timestamp: expected a time in seconds since 1970, got "-1"'],
    ['7::5::4::978300275000', 'timestamp: expected a time from 1970 to one day from now, got "978300275000"'],
    ['7::5::6::978300275', 'rating: expected a rating from 1 to 5 in steps of 0.5, got "6"'],
    ['7::5::4', 'expected 4 cells, got 3'],
  ])('do not include the invalid row %s', async (row, reason) => {
    const ratings = `7::2::4::20\n${row}\n7::1::4::10\n`;
    const { records, rejects } = await collect((await open({ 'ratings.dat': ratings })).interactions);
    expect(records.map(({ itemId }) => itemId)).toEqual(['2', '1']);
    expect(rejects).toEqual([{ file: 'ratings.dat', line: 2, reason: expect.stringContaining(reason), row }]);
  });
});

/**
 * Returns rows of 1,001 dramas, 500 of them from the 1980s. The first 100 are also comedies, and the first 99 are also
 * satires.
 */
function films(): string {
  const rows = Array.from({ length: 1001 }, (_, index) => {
    const genres = ['Drama', index < 100 && 'Comedy', index < 99 && 'Satire'].filter(Boolean).join('|');
    return `${index + 1}::Film ${index + 1} (${index < 500 ? 1980 : 1979})::${genres}\n`;
  });
  return rows.join('');
}

test('the scenarios of MovieLens-1M are the genres, decades and pairs of these with 100 to 1,000 films', async () => {
  const { records, rejects } = await collect((await open({ 'movies.dat': films() })).scenarios);
  expect(rejects).toEqual([]);
  const found = records.map(({ id, title, items }): [string, unknown] => [id, [title, items.length]]);
  expect(Object.fromEntries(found)).toEqual({
    'decade:1970s': ['1970s', 501],
    'decade:1980s': ['1980s', 500],
    'decade:1970s & genre:Drama': ['1970s Drama', 501],
    'decade:1980s & genre:Drama': ['1980s Drama', 500],
    'decade:1980s & genre:Comedy': ['1980s Comedy', 100],
    'genre:Comedy': ['Comedy', 100],
    'genre:Comedy & genre:Drama': ['Comedy & Drama', 100],
  });
  const comedies = records.find(({ id }) => id === 'genre:Comedy');
  expect(comedies?.items).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)));
});
