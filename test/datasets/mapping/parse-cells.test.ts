import { describe, expect, test } from '@jest/globals';
import type { FeatureColumn } from '../../../src/datasets/mapping/mapping-features.ts';
import { nearest } from '../../../src/datasets/mapping/missing-columns.ts';
import { featureParser } from '../../../src/datasets/mapping/parse-features.ts';
import { idParser, idsParser, optionalBooleanParser } from '../../../src/datasets/mapping/parse-texts.ts';
import { timeParser } from '../../../src/datasets/mapping/parse-times.ts';
import { Problem } from '../../../src/datasets/mapping/problem.ts';
import type { Cell } from '../../../src/datasets/tables/table.ts';

function valueOrReason<T>(value: T | Problem): T | string {
  return value instanceof Problem ? value.reason : value;
}

describe('optionalBooleanParser', () => {
  const parse = (cell: Cell) => valueOrReason(optionalBooleanParser('stock')(cell));

  test.each<[Cell, boolean | null]>([
    [true, true],
    [' False ', false],
    ['TRUE', true],
    ['', null],
    [null, null],
    [undefined, null],
  ])('reads %p as %p', (cell, value) => {
    expect(parse(cell)).toBe(value);
  });

  test.each<[Cell, string]>([
    [1, 'stock: expected true or false, got 1'],
    ['yes', 'stock: expected true or false, got "yes"'],
    [[true], 'stock: expected true or false, got [true]'],
  ])('refuses %p', (cell, reason) => {
    expect(parse(cell)).toBe(`${reason}; state "replace" for the texts that mean them`);
  });
});

describe('idParser', () => {
  const parse = (cell: Cell) => valueOrReason(idParser('sku')(cell));

  test.each<[Cell, string]>([
    ['SKU/ä-001 (blue)', 'SKU/ä-001 (blue)'],
    ['0b6f7a2e-1c1d-4b53-9f0e-5d2f6a1b2c3d', '0b6f7a2e-1c1d-4b53-9f0e-5d2f6a1b2c3d'],
    ['007', '007'],
    ['12345678901234567890', '12345678901234567890'],
    [42, '42'],
    [12345678901234567890n, '12345678901234567890'],
  ])('keeps all characters and digits of %p', (cell, id) => {
    expect(parse(cell)).toBe(id);
  });

  test.each<[Cell, string]>([
    ['', 'sku: expected an ID: a text or a whole number, got none'],
    [null, 'sku: expected an ID: a text or a whole number, got none'],
    [' a', 'sku: expected an ID without spaces around it, got " a"'],
    [1.5, 'sku: expected an ID: a text or a whole number, got 1.5'],
    [2 ** 60, 'sku: expected an ID: a text or a whole number, got 1152921504606847000'],
    [{ sku: 1n }, 'sku: expected an ID: a text or a whole number, got {"sku":"1"}'],
    [new Uint8Array(16), 'sku: expected an ID: a text or a whole number, got 16 bytes'],
  ])('refuses %p', (cell, reason) => {
    expect(parse(cell)).toBe(reason);
  });

  test('refuses an ID that PostgreSQL cannot store', () => {
    expect(parse('a\0b')).toBe('sku: expected an ID of well-formed Unicode without U+0000, got "a\\u0000b"');
  });

  test('refuses an ID of more than 256 characters and shows its beginning', () => {
    expect(parse('x'.repeat(257))).toBe(`sku: expected an ID of at most 256 characters, got "${'x'.repeat(79)}…`);
  });
});

test('idsParser reads several IDs, each once', () => {
  expect(idsParser('skus', '|')('a| b |a')).toEqual(['a', 'b']);
  expect(idsParser('skus', undefined)([1, 'b'])).toEqual(['1', 'b']);
});

describe('featureParser', () => {
  /** The defaults of a mapping. */
  const iso = { format: 'iso', zone: 'UTC' };
  const parse = (feature: Omit<FeatureColumn, 'column'> & object, cell: Cell) =>
    valueOrReason(
      featureParser({ column: 'c', ...(feature.kind === 'date' && iso), ...feature } as FeatureColumn)(cell),
    );

  test.each<[object, Cell, unknown]>([
    [{ kind: 'categorical' }, ' blue ', 'blue'],
    [{ kind: 'categorical' }, true, 'true'],
    [{ kind: 'categorical' }, 7, '7'],
    [{ kind: 'categorical' }, new Date('2024-01-01'), '2024-01-01T00:00:00.000Z'],
    [{ kind: 'categorical' }, ' ', null],
    [{ kind: 'categorical', missing: ['-'] }, '-', null],
    [{ kind: 'multiValued', separator: ', ' }, 'a, b, a, ', ['a', 'b']],
    [{ kind: 'multiValued' }, ['a', 1, false], ['a', '1', 'false']],
    [{ kind: 'multiValued' }, '["a","b"]', ['a', 'b']],
    [{ kind: 'multiValued', separator: '|' }, '|', null],
    [{ kind: 'numeric' }, ' 12.5 ', 12.5],
    [{ kind: 'numeric' }, '-1e3', -1000],
    [{ kind: 'numeric' }, 12n, 12],
    [{ kind: 'numeric' }, Number.NaN, null],
    [{ kind: 'numeric', decimal: ',' }, '12,5', 12.5],
    [{ kind: 'numeric', pattern: '^(\\d+) kg$' }, '12 kg', 12],
    [{ kind: 'numeric', pattern: '\\((\\d{4})\\)$' }, 'Lamp', null],
    [{ kind: 'numeric', missing: ['', 'N/A'] }, 'N/A', null],
    [{ kind: 'numeric', replace: [{ pattern: ',', by: '' }] }, '1,234,567.50', 1234567.5],
    [{ kind: 'numeric', pattern: '^(.*) kg$', replace: [{ pattern: '^about ', by: '' }] }, 'about 12 kg', 12],
    [{ kind: 'categorical', replace: [{ pattern: '^(\\w+)-(\\w+)$', by: '$2 $1' }] }, 'blue-dark', 'dark blue'],
    [{ kind: 'categorical', replace: [{ pattern: '^none$', by: '' }] }, 'none', null],
    [{ kind: 'categorical', replace: [{ pattern: '^0+', by: '' }] }, 7, '7'],
    // What is missing is missing before anything is replaced.
    [{ kind: 'categorical', missing: ['N/A'], replace: [{ pattern: '/', by: ' ' }] }, 'N/A', null],
    [{ kind: 'categorical', replace: [{ pattern: '^', by: 'brand ' }] }, '', null],
    [{ kind: 'multiValued', separator: ',', replace: [{ pattern: ' and ', by: ',' }] }, 'a, b and c', ['a', 'b', 'c']],
    [{ kind: 'vector', width: 2 }, [0.5, -1e-3], [0.5, -0.001]],
    [{ kind: 'vector', width: 2 }, '[0.5, 1]', [0.5, 1]],
    [{ kind: 'vector', width: 2, separator: ' ' }, ' 0.5  1 ', [0.5, 1]],
    [{ kind: 'vector', separator: ';', decimal: ',' }, '0,5;1', [0.5, 1]],
    [{ kind: 'vector', width: 2 }, [0, 0], null],
    [{ kind: 'vector', width: 2 }, [], null],
    [{ kind: 'vector', width: 2 }, '', null],
    [{ kind: 'date' }, '2026-11-22', '2026-11-22'],
    [{ kind: 'date' }, '1066-10-14', '1066-10-14'],
    [{ kind: 'date' }, '2026-11-22T08:30:00+01:00', '2026-11-22T07:30:00.000Z'],
    [{ kind: 'date', zone: 'Europe/Berlin' }, '2026-11-22 08:30', '2026-11-22T07:30:00.000Z'],
    [{ kind: 'date', zone: 'Europe/Berlin' }, '2026-11-22', '2026-11-22'],
    [{ kind: 'date', format: 'dd.MM.yyyy', zone: 'Europe/Berlin' }, '22.11.2026', '2026-11-22'],
    [{ kind: 'date', format: 'dd.MM.yyyy HH:mm' }, '22.11.2026 00:00', '2026-11-22T00:00:00.000Z'],
    [{ kind: 'date', format: 'seconds' }, 1795336200, '2026-11-22T08:30:00.000Z'],
    [{ kind: 'date' }, new Date('2026-11-22'), '2026-11-22'],
    [{ kind: 'date' }, new Date('2026-11-22T08:30:00.5Z'), '2026-11-22T08:30:00.500Z'],
    [{ kind: 'date' }, '', null],
  ])('reads as %j the cell %p as %j', (feature, cell, value) => {
    expect(parse(feature as FeatureColumn, cell)).toEqual(value);
  });

  test.each<[object, Cell, string]>([
    [
      { kind: 'numeric' },
      '12,5',
      'a number such as 12.5, got "12,5"; state "decimal": "," if it is the character before decimals',
    ],
    [
      { kind: 'numeric', decimal: ',' },
      '12.5',
      'a number such as 12,5, got "12.5"; state "decimal": "." if it is the character before decimals',
    ],
    [
      { kind: 'numeric' },
      '1,234.50',
      'a number such as 12.5, got "1,234.50"; state "replace": [{"pattern":",","by":""}] if it has separators of thousands',
    ],
    [
      { kind: 'numeric' },
      '0x10',
      'a number such as 12.5, got "0x10"; state a "pattern" whose group is the number if there is more than a number',
    ],
    [{ kind: 'numeric' }, 'cheap', 'a number such as 12.5, got "cheap"'],
    [
      { kind: 'numeric' },
      Number.POSITIVE_INFINITY,
      'a number from -1000000000000000 to 1000000000000000, got Infinity',
    ],
    [
      { kind: 'date' },
      '2026-02-30',
      'a time such as 2024-05-31T18:30:00Z, got "2026-02-30"; state the "format" of the times if it is another',
    ],
    [
      { kind: 'date', format: 'yyyy-MM-dd' },
      '0999-12-31',
      'a date such as 2026-11-22 or 2026-11-22T08:30:00Z, from the year 1000 to 9999, got "0999-12-31"',
    ],
    [{ kind: 'vector', width: 3 }, [1, 2], 'a list of 3 numbers, got [1,2]; this list has 2'],
    [{ kind: 'vector' }, '1 2', 'a list, got "1 2"; state the "separator" of a text with several values'],
    [{ kind: 'vector' }, ['x', 2], 'a number such as 12.5, got "x"'],
    [{ kind: 'multiValued' }, 'a|b', 'a list, got "a|b"; state the "separator" of a text with several values'],
    [
      { kind: 'categorical' },
      ['a'],
      'a category of at most 256 characters of well-formed Unicode without U+0000, got ["a"]',
    ],
  ])('refuses as %j the cell %p', (feature, cell, reason) => {
    expect(parse(feature as FeatureColumn, cell)).toBe(`c: expected ${reason}`);
  });
});

describe('timeParser', () => {
  const parse = (format: string, zone: string, cell: Cell) => {
    const time = valueOrReason(timeParser({ column: 'at', format, zone })(cell));
    return typeof time === 'number' ? new Date(time).toISOString() : time;
  };
  const evening = '2024-05-31T18:30:00.000Z';

  test.each<[string, string, Cell]>([
    ['iso', 'UTC', '2024-05-31T18:30:00Z'],
    ['iso', 'UTC', '2024-05-31T20:30:00+02:00'],
    ['iso', 'UTC', '2024-05-31 14:00:00.000-0430'],
    ['iso', 'UTC', '2024-05-31 18:30:00 UTC'],
    ['iso', 'Europe/Berlin', '2024-05-31T20:30'],
    ['iso', 'Europe/Berlin', '2024-05-31T18:30:00Z'],
    ['iso', 'UTC', new Date('2024-05-31T18:30:00Z')],
    ['seconds', 'UTC', '1717180200'],
    ['seconds', 'UTC', 1717180200],
    ['seconds', 'UTC', '1717180200.0'],
    ['milliseconds', 'UTC', '1717180200000'],
    ['milliseconds', 'UTC', 1717180200000n],
    ['dd.MM.yyyy HH:mm', 'Europe/Berlin', '31.05.2024 20:30'],
    ['M/d/yyyy h:mm a', 'America/New_York', '5/31/2024 2:30 PM'],
    ['EEE MMM dd HH:mm:ss yyyy', 'UTC', 'Fri May 31 18:30:00 2024'],
    ['yyyyMMddHHmm', 'UTC', 202405311830],
  ])('reads in the format %s and the zone %s the cell %p', (format, zone, cell) => {
    expect(parse(format, zone, cell)).toBe(evening);
  });

  test('reads a date as its midnight in the zone, before and after the clock changes', () => {
    expect(parse('iso', 'Europe/Berlin', '2024-03-31')).toBe('2024-03-30T23:00:00.000Z');
    expect(parse('iso', 'Europe/Berlin', '2024-04-01')).toBe('2024-03-31T22:00:00.000Z');
  });

  test.each<[string, Cell, string]>([
    [
      'iso',
      '31.05.2024',
      'a time such as 2024-05-31T18:30:00Z, got "31.05.2024"; state the "format" of the times if it is another',
    ],
    [
      'iso',
      '2023-02-29',
      'a time such as 2024-05-31T18:30:00Z, got "2023-02-29"; state the "format" of the times if it is another',
    ],
    [
      'iso',
      '1717180200',
      'a time such as 2024-05-31T18:30:00Z, got "1717180200"; state "format": "seconds" if these are seconds since 1970',
    ],
    [
      'iso',
      '10:30',
      'a time such as 2024-05-31T18:30:00Z, got "10:30"; state the "format" of the times if it is another',
    ],
    ['iso', '1969-12-31', 'a time from 1970 to one day from now, got "1969-12-31"'],
    ['iso', '', 'a time such as 2024-05-31T18:30:00Z, got none'],
    [
      'seconds',
      '1717180200000',
      'a time from 1970 to one day from now, got "1717180200000"; state "format": "milliseconds" if these are milliseconds since 1970',
    ],
    [
      'seconds',
      'yesterday',
      'a time in seconds since 1970, got "yesterday"; state the "format" of the times if it is another',
    ],
    [
      'dd.MM.yyyy HH:mm',
      '05/31/2024',
      'a time such as 31.05.2024 18:30, got "05/31/2024"; state the "format" of the times if it is another',
    ],
  ])('refuses in the format %s the cell %p', (format, cell, reason) => {
    expect(parse(format, 'UTC', cell)).toBe(`at: expected ${reason}`);
  });

  test('accepts a time of today and refuses one of the day after tomorrow', () => {
    expect(parse('milliseconds', 'UTC', Date.now())).toMatch(/^2/);
    expect(parse('milliseconds', 'UTC', Math.floor(Date.now() / 1000))).toMatch(/state "format": "seconds"/);
    expect(parse('milliseconds', 'UTC', Date.now() + 48 * 3600 * 1000)).toMatch(/^at: expected a time from 1970/);
  });
});

test.each([
  ['user_id', ['userId', 'item'], 'userId'],
  ['ratng', ['rating', 'time'], 'rating'],
  ['stars', ['rating', 'time'], undefined],
])('nearest finds for %s among %j the name %s', (name, others, near) => {
  expect(nearest(name, others)).toBe(near);
});
