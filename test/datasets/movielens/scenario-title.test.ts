import { expect, test } from '@jest/globals';
import { scenarioTitle } from '../../../src/datasets/movielens/scenario-title.ts';

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
])('the scenario %s is titled %s', (id, title) => {
  expect(scenarioTitle(id)).toBe(title);
});
