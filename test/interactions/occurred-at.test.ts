import { describe, expect, test } from '@jest/globals';
import { readTime } from '../../src/interactions/occurred-at.ts';

describe('the time of an interaction', () => {
  const morning = Date.UTC(2026, 10, 22, 8, 30);

  test.each([
    ['ISO 8601 in UTC', '2026-11-22T08:30:00Z'],
    ['ISO 8601 with an offset', '2026-11-22T09:30:00+01:00'],
    ['ISO 8601 with an offset without a colon', '2026-11-22T03:00-0530'],
    ['ISO 8601 without an offset, as UTC', '2026-11-22T08:30'],
    ['a space between date and time', '2026-11-22 08:30:00.000'],
    ['lower case', '2026-11-22t08:30:00z'],
    ['seconds since 1970', morning / 1000],
    ['seconds as text', String(morning / 1000)],
    ['milliseconds since 1970', morning],
    ['milliseconds as text', String(morning)],
    ['a Date', new Date(morning)],
  ])('can be %s', (_form, given) => expect(readTime(given)).toEqual(new Date(morning)));

  test('can be a date, which means its first moment in UTC', () => {
    expect(readTime('2026-11-22')).toEqual(new Date(Date.UTC(2026, 10, 22)));
  });

  test('can be eight digits if they are no date, or a number', () => {
    expect(readTime('20261322')).toEqual(new Date(20_261_322_000));
    expect(readTime(20_261_122)).toEqual(new Date(20_261_122_000));
  });

  test('keeps milliseconds, and cuts what is smaller', () => {
    expect(readTime('2026-11-22T08:30:00.1239Z')).toEqual(new Date(morning + 123));
    expect(readTime(morning / 1000 + 0.123)).toEqual(new Date(morning + 123));
  });

  test.each([
    ['a word', 'yesterday'],
    ['a day that the calendar does not have', '2026-02-30'],
    ['a month that the calendar does not have', '2026-13-01T00:00:00Z'],
    ['another order', '22.11.2026'],
    ['an hour that does not exist', '2026-11-22T25:00:00Z'],
    ['an empty text', ''],
    ['a date without hyphens', '20261122'],
    ['a number of 14 digits', '20261122083000'],
    ['infinity', Infinity],
    ['an object', {}],
    ['a boolean', true],
    ['an invalid Date', new Date(Number.NaN)],
  ])('cannot be %s', (_form, given) => expect(readTime(given)).toBeUndefined());
});
