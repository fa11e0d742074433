import { describe, expect, test } from '@jest/globals';
import { openMovieLens } from '../../../src/datasets/movielens/open-movielens.ts';
import { collect, folderWith } from '../dataset-fixtures.ts';
import { described, published } from './movielens-folders.ts';

async function ratingsOf(files: Readonly<Record<string, string>>) {
  return collect((await openMovieLens(await folderWith(files))).interactions);
}

const notARating = (came: string) => `expected a rating from 1 to 5 in steps of 0.5, got "${came}"`;
const notATime = (came: string) => `expected a timestamp in whole seconds since 1970, got "${came}"`;

describe('MovieLens ratings without timestamps', () => {
  test('keep the order of the rows', async () => {
    const { rows, rejects } = await ratingsOf(described);
    expect(rejects).toEqual([]);
    expect(rows.map(({ record, line }) => [line, record.userId, record.itemId, record.value])).toEqual([
      [2, '2', '3', 5],
      [3, '1', '1', 4],
      [4, '2', '1', 3.5],
      [5, '1', '3', 1],
    ]);
    expect(rows[0]).toMatchObject({
      record: { time: null, type: 'RATE' },
      file: 'ratings.csv',
      row: '2,3,5',
    });
  });

  test('can have halves and a decimal point', async () => {
    const written = ['1', '1.0', '1.5', '2', '2.5', '3', '3.5', '4', '4.0', '4.5', '5', '5.0'];
    const rows = written.map((rating, index) => `1,${index},${rating}`);
    const { records } = await ratingsOf({
      ...described,
      'ratings.csv': ['userId,movieId,rating', ...rows].join('\n'),
    });
    expect(records.map(({ value }) => value)).toEqual(written.map(Number));
  });

  test.each([
    ['1,1,', notARating('')],
    ['1,1,good', notARating('good')],
    ['1,1,NaN', notARating('NaN')],
    ['1,1,0x4', notARating('0x4')],
    ['1,1, 4', notARating(' 4')],
    ['1,1,0', notARating('0')],
    ['1,1,0.5', notARating('0.5')],
    ['1,1,5.5', notARating('5.5')],
    ['1,1,-3', notARating('-3')],
    ['1,1,3.7', notARating('3.7')],
    ['1,1', 'expected 3 columns (userId, movieId, rating), got 2'],
    [',1,4', 'expected a userId, got none'],
    ['1,,4', 'expected a movieId, got none'],
  ])('do not include the invalid row %s', async (row, reason) => {
    const { records, rejects } = await ratingsOf({
      ...described,
      'ratings.csv': `userId,movieId,rating\n1,7,4\n${row}\n1,8,4\n`,
    });
    expect(records.map(({ itemId }) => itemId)).toEqual(['7', '8']);
    expect(rejects).toEqual([{ file: 'ratings.csv', line: 3, reason, row }]);
  });
});

describe('MovieLens ratings with timestamps', () => {
  test('keep the order of the rows, with their times', async () => {
    const { rows } = await ratingsOf(published);
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    // 978,300,275 s after 1970 is 22:04:35 on the last day of 2000.
    expect(rows[0]).toMatchObject({
      record: { time: new Date('2000-12-31T22:04:35Z'), type: 'RATE' },
      file: 'ratings.dat',
    });
  });

  test.each([
    ['7::5::4::', notATime('')],
    ['7::5::4::yesterday', notATime('yesterday')],
    ['7::5::4::-1', notATime('-1')],
    ['7::5::4::1.5', notATime('1.5')],
    ['7::5::4::978300275000', notATime('978300275000')],
    ['7::5::6::978300275', notARating('6')],
    ['7::5::4', 'expected 4 columns (userId, movieId, rating, timestamp), got 3'],
  ])('do not include the invalid row %s', async (row, reason) => {
    const { records, rejects } = await ratingsOf({
      ...published,
      'ratings.dat': `7::2::4::20\n${row}\n7::1::4::10\n`,
    });
    expect(records.map(({ itemId }) => itemId)).toEqual(['2', '1']);
    expect(rejects).toEqual([{ file: 'ratings.dat', line: 2, reason, row }]);
  });
});
