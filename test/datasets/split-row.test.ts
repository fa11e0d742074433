import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { splitRow } from '../../src/datasets/split-row.ts';

describe('splitRow at commas', () => {
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
        expect([splitRow(row, ',')]).toEqual(parse(row));
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
    expect(splitRow(row, ',')).toBe(reason);
    expect(() => parse(row)).toThrow();
  });
});

describe('splitRow at a delimiter of several characters', () => {
  test('splits rows at double colons and not at single colons', () => {
    expect(splitRow('7::Ferry: A "Story", Told::Drama', '::')).toEqual(['7', 'Ferry: A "Story", Told', 'Drama']);
  });
});

describe('splitRow', () => {
  test.each([';', '|', '^'])('splits rows at %s as csv-parse does', (delimiter) => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', ',', delimiter, '"', '\n') });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 6 }), (cells) => {
        const row = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
        expect([splitRow(row, delimiter)]).toEqual(parse(row, { delimiter }));
      }),
    );
  });

  test('refuses text after a closing quote, and names the delimiter', () => {
    expect(splitRow('"one"two;3', ';')).toBe('expected a semicolon after the closing quote, got "t"');
    expect(splitRow('"one"two|3', '|')).toBe('expected "|" after the closing quote, got "t"');
  });

  test('reads quotes between tabs as they are, unless they enclose a cell', () => {
    expect(splitRow('5"\t"a"b\t"c\td"\t"e', '\t')).toEqual(['5"', '"a"b', 'c\td', '"e']);
    expect(splitRow('5"\n6"\ta', '\t')).toBe('expected quotes around a cell with a line feed, got none');
  });
});
