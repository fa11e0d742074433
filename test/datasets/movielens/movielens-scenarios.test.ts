import { describe, expect, test } from '@jest/globals';
import { scenarioTitle } from '../../../src/datasets/movielens/movielens-scenarios.ts';
import { openMovieLens } from '../../../src/datasets/movielens/open-movielens.ts';
import { collect, folderWith } from '../dataset-fixtures.ts';
import { described, published } from './movielens-folders.ts';

async function scenariosOf(files: Readonly<Record<string, string>>) {
  return collect((await openMovieLens(await folderWith(files))).scenarios);
}

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

describe('MovieLens scenarios from scenarios.csv', () => {
  test('have the films of all their rows and the position of their first row', async () => {
    const { rows, rejects } = await scenariosOf(described);
    expect(rejects).toEqual([]);
    expect(rows).toEqual([
      {
        record: { id: 'decade:1950s', title: '1950s', items: ['1', '2'] },
        file: 'scenarios.csv',
        line: 2,
        row: '"decade:1950s",1',
      },
      {
        record: { id: 'genre:Drama & rated:UNRATED', title: 'Drama, unrated', items: ['3'] },
        file: 'scenarios.csv',
        line: 3,
        row: '"genre:Drama & rated:UNRATED",3',
      },
    ]);
  });

  test('contain each film once', async () => {
    const repeated = `${described['scenarios.csv']}"decade:1950s",1\n`;
    const { records, rejects } = await scenariosOf({ ...described, 'scenarios.csv': repeated });
    expect(records[0]?.items).toEqual(['1', '2']);
    expect(rejects).toEqual([
      {
        file: 'scenarios.csv',
        line: 5,
        reason: 'expected each scenarioId and movieId only once, got it again after line 2',
        row: '"decade:1950s",1',
      },
    ]);
  });
});

describe('MovieLens scenarios from the published files', () => {
  test('are the genres, decades and pairs of these with 100 to 1,000 films', async () => {
    const { records } = await scenariosOf({ ...published, 'movies.dat': films() });
    const sizes = Object.fromEntries(records.map(({ id, items }) => [id, items.length]));
    expect(sizes).toEqual({
      'decade:1970s': 501,
      'decade:1980s': 500,
      'decade:1970s & genre:Drama': 501,
      'decade:1980s & genre:Drama': 500,
      'decade:1980s & genre:Comedy': 100,
      'genre:Comedy': 100,
      'genre:Comedy & genre:Drama': 100,
    });
    const comedies = records.find(({ id }) => id === 'genre:Comedy');
    expect(comedies?.items).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)));
  });

  test('do not report damaged rows, which the items report', async () => {
    const { rejects } = await scenariosOf({ ...published, 'movies.dat': '1::Ferry\n' });
    expect(rejects).toEqual([]);
  });
});

test.each([
  ['decade:1950s', '1950s'],
  ['genre:Horror', 'Horror'],
  ['rated:PG-13', 'Rated PG-13'],
  ['rated:UNRATED', 'Unrated'],
  ['decade:1990s & genre:Comedy', '1990s Comedy'],
  ['decade:1980s & rated:R', '1980s, rated R'],
  ['genre:Action & genre:Crime', 'Action & Crime'],
  ['genre:Family & rated:PG', 'Family, rated PG'],
  ['genre:Drama & rated:UNRATED', 'Drama, unrated'],
  ['occasion:rainy', 'occasion:rainy'],
  ['genre:Drama & occasion:rainy', 'genre:Drama & occasion:rainy'],
  ['genre:', 'genre:'],
  ['Films & Friends', 'Films & Friends'],
  ['17', '17'],
])('the scenario %s has the title %s', (id, title) => {
  expect(scenarioTitle(id)).toBe(title);
});
