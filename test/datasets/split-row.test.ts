import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { syntaxes } from '../../src/datasets/split-row.ts';

const { csv, dat } = syntaxes;

describe('the csv syntax', () => {
  test('splits rows as csv-parse does', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', ',', '"', '|') });
    const written = fc.oneof(
      cell.map((text) => text.replaceAll(/[",]/g, '')),
      cell.map((text) => `"${text.replaceAll('"', '""')}"`),
    );
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 6 }), (cells) => {
        const row = cells.join(',');
        fc.pre(row !== '');
        expect([csv.split(row)]).toEqual(parse(row));
      }),
    );
  });

  test.each([
    ['1,"no end', 'expected a closing quote for the one at character 3, got none'],
    ['"no end', 'expected a closing quote for the one at character 1, got none'],
    ['"odd""', 'expected a closing quote for the one at character 1, got none'],
    ['"one"two,3', 'expected a comma after the closing quote, got "t"'],
    ['1,two"three', 'expected quotes around a whole cell or no quotes, got "two\\"three"'],
  ])('refuses %s, as csv-parse does', (row, reason) => {
    expect(csv.split(row)).toBe(reason);
    expect(() => parse(row)).toThrow();
  });
});

describe('the dat syntax', () => {
  test('splits rows at double colons and not at single colons', () => {
    expect(dat.split('7::Ferry: A "Story", Told::Drama')).toEqual(['7', 'Ferry: A "Story", Told', 'Drama']);
  });
});
