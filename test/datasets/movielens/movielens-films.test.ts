import { describe, expect, test } from '@jest/globals';
import { listOf, readableTitle } from '../../../src/datasets/movielens/movielens-films.ts';

describe('readableTitle', () => {
  test.each([
    ['Amber Lantern, The (1995)', 'The Amber Lantern (1995)'],
    ['Ferry, A (1931)', 'A Ferry (1931)'],
    ['Lanterna, La (The Lantern) (1962)', 'La Lanterna (The Lantern) (1962)'],
    ['Lantern, The (Lanterne, La) (1962)', 'The Lantern (La Lanterne) (1962)'],
    ["Island, The (Isola, L') (1970)", "The Island (L'Isola) (1970)"],
    ['Salt, Snow and Rain, The (1988)', 'The Salt, Snow and Rain (1988)'],
    ['Goodbye, Harbour (1987)', 'Goodbye, Harbour (1987)'],
    ['Quarry, The', 'The Quarry'],
    ['Cash $& Co., The (1999)', 'The Cash $& Co. (1999)'],
    ['Quiet Raven (1999) ', 'Quiet Raven (1999)'],
    ['The', 'The'],
    ['', ''],
  ])('turns %j into %j', (title, readable) => {
    expect(readableTitle(title)).toBe(readable);
  });
});

describe('listOf', () => {
  test.each([
    ['Drama', ['Drama']],
    ['Drama|War', ['Drama', 'War']],
    ['War| Drama ||War', ['War', 'Drama']],
    ['N/A', null],
    ['', null],
    ['|', null],
  ])('reads %j as %j', (cell, values) => {
    expect(listOf(cell)).toEqual(values);
  });
});
