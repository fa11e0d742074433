import { expect, test } from '@jest/globals';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { readAll } from '../datasets/mapping/table-in-memory.ts';
import { later } from './movielens-folders.ts';

async function read(files: Readonly<Record<string, string>> = {}) {
  return readAll(await openMovieLens(await folderWith({ ...later, ...files })));
}

test('MovieLens-20M has films, their ratings, and the users who rated', async () => {
  const { users, items, interactions, rejects } = await read();
  expect(rejects).toEqual([]);
  expect(users).toEqual([
    { id: '1', features: {} },
    { id: '2', features: {} },
  ]);
  expect(items).toEqual([
    { id: '1', title: 'Quarry (1991)', features: { genres: ['Adventure', 'Children', 'Comedy'], year: 1991 } },
    {
      id: '11',
      title: 'The Amber Lantern (La Lanterna) (1955)',
      features: { genres: ['Drama', 'Sci-Fi'], year: 1955 },
    },
    { id: '131', title: 'Ferry "B" (2014)', features: { genres: null, year: 2014 } },
    { id: '140', title: 'Orchard', features: { genres: ['IMAX'], year: null } },
  ]);
  expect(interactions).toEqual([
    { userId: '1', itemId: '11', value: 3.5, time: new Date('2005-04-02T23:53:47Z'), type: 'RATE' },
    { userId: '1', itemId: '1', value: 0.5, time: new Date('2005-04-02T23:31:16Z'), type: 'RATE' },
    { userId: '2', itemId: '131', value: 5, time: new Date('2000-11-21T15:34:49Z'), type: 'RATE' },
  ]);
});

test('MovieLens-20M has ratings from 0.5 to 5 in steps of 0.5, and a user of a rejected rating alone is unknown', async () => {
  const ratings = 'userId,movieId,rating,timestamp\n1,1,0.5,1112486027\n2,1,0,1112486027\n3,1,4.2,1112486027\n';
  const { users, rejects } = await read({ 'ratings.csv': ratings });
  expect(users.map(({ id }) => id)).toEqual(['1']);
  expect(rejects.map(({ reason }) => reason)).toEqual([
    'rating: expected a rating from 0.5 to 5 in steps of 0.5, got "0"',
    'rating: expected a rating from 0.5 to 5 in steps of 0.5, got "4.2"',
  ]);
});

test('the scenarios of MovieLens-20M are of genres and decades, and none is of films without genres', async () => {
  const films = Array.from(
    { length: 100 },
    (_, n) => `${n},Film ${n} (2003),${n ? 'Film-Noir' : '(no genres listed)'}`,
  );
  const more = Array.from({ length: 100 }, (_, n) => `${n + 100},Film ${n} (1999),(no genres listed)`);
  const { scenarios } = await read({ 'movies.csv': ['movieId,title,genres', ...films, ...more].join('\n') });
  expect(scenarios.map(({ id, items }) => [id, items.length])).toEqual([
    ['decade:2000s', 100],
    ['decade:1990s', 100],
  ]);
});
