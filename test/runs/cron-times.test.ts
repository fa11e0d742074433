import { describe, expect, test } from '@jest/globals';
import { checkSchedule, nextTime } from '../../src/runs/cron-times.ts';

/** The next times after a moment, one after the other. */
function times(cron: string, timezone: string, after: string, count: number): string[] {
  const found: string[] = [];
  let last = new Date(after);
  for (let index = 0; index < count; index++) {
    last = nextTime(cron, timezone, last) as Date;
    found.push(last.toISOString());
  }
  return found;
}

describe('nextTime', () => {
  test('uses the local time of the zone, in winter and in summer', () => {
    expect(times('0 4 * * *', 'Europe/Berlin', '2027-03-27T00:00:00Z', 2)).toEqual([
      '2027-03-27T03:00:00.000Z',
      '2027-03-28T02:00:00.000Z',
    ]);
    expect(times('0 4 * * *', 'UTC', '2027-03-27T04:00:00Z', 1)).toEqual(['2027-03-28T04:00:00.000Z']);
  });

  test('a time skipped by daylight saving time is due right after the gap, once', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T01:00:00.000Z',
      '2027-03-29T00:30:00.000Z',
    ]);
  });

  test('a time that occurs twice at the end of daylight saving time is due once', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30:00.000Z',
      '2027-11-01T01:30:00.000Z',
    ]);
  });

  test('an hourly schedule is due every hour, also when clocks change', () => {
    expect(times('0 * * * *', 'America/New_York', '2027-11-07T04:30:00Z', 3)).toEqual([
      '2027-11-07T05:00:00.000Z',
      '2027-11-07T06:00:00.000Z',
      '2027-11-07T07:00:00.000Z',
    ]);
  });

  test('knows leap years', () => {
    expect(times('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2028-02-29T00:00:00.000Z',
      '2032-02-29T00:00:00.000Z',
    ]);
  });
});

describe('checkSchedule', () => {
  test.each([
    ['* * * * *', 'UTC'],
    ['0 4 * * MON-FRI', 'Europe/Berlin'],
    ['30 */5 * * * *', 'America/St_Johns'],
  ])('accepts %s in %s', (cron, timezone) => {
    expect(() => checkSchedule(cron, timezone)).not.toThrow();
  });

  test.each([
    ['61 * * * *', /minute/],
    ['every day', /different form/],
    ['', /different form/],
    ['@daily', /different form/],
    ['2027-05-01T00:00:00', /different form/],
    ['? 4 * * *', /different form/],
    ['0 0 4 * * * 2027', /different form/],
    ['0 0 30 2 *', /never occurs/],
    ['*/30 * * * * *', /more than once a minute/],
    ['0,59 * * * * *', /more than once a minute/],
    ['0,30 0 0 1 1 *', /more than once a minute/],
  ])('refuses the expression "%s" with the reason', (cron, reason) => {
    expect(() => checkSchedule(cron, 'UTC')).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        field: ['cron'],
        message: expect.stringMatching(reason),
      }),
    );
  });

  test.each(['Mars/Olympus', '', '+01:00'])('refuses the zone "%s"', (timezone) => {
    expect(() => checkSchedule('0 4 * * *', timezone)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', field: ['timezone'] }),
    );
  });
});
