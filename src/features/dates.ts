import { parseIsoTime } from '../common/parse-iso-time.ts';

const day = 24 * 60 * 60 * 1000;
const first = Date.UTC(1000, 0, 1);
const last = Date.UTC(10_000, 0, 1) - 1;
const dateOnly = /^\d{4}-\d\d-\d\d$/;

/** What messages expect of a date. */
export const expectedDate = 'a date such as 2026-11-22 or 2026-11-22T08:30:00Z, from the year 1000 to 9999';

/**
 * Returns the milliseconds since 1970 of a date, or of a date and a time, in ISO 8601. Without an offset, it is in UTC.
 * Returns `undefined` for other values, for days that do not exist, and outside the years 1000 to 9999.
 */
export function millisecondsOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseIsoTime(value, 'UTC') : undefined;
  // Earlier years would count as those of the 20th century.
  return time !== undefined && isInRange(time) && (value as string) >= '1000' ? time : undefined;
}

/** Returns a date as a number that models read: days since 1970. */
export function daysOf(value: unknown): number | undefined {
  const time = millisecondsOf(value);
  return time === undefined ? undefined : time / day;
}

/** The regular expression of dates as they are stored, which PostgreSQL reads too. */
export const storedDatePattern = String.raw`^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?$`;

/** Whether a text is a date without a time. */
export function isDay(text: string): boolean {
  return dateOnly.test(text);
}

/** Returns a date as it is stored: `2026-11-22`, or with a time `2026-11-22T08:30:00.000Z`. */
export function storedDate(text: string): string {
  return isDay(text) ? text : timeText(millisecondsOf(text) as number);
}

/** Returns a day as it is stored, by a moment of this day in UTC. */
export function dayText(time: number): string {
  return timeText(time).slice(0, 'yyyy-mm-dd'.length);
}

/** Returns a moment as it is stored. */
export function timeText(time: number): string {
  return new Date(time).toISOString();
}

/** Whether a moment can be the value of a feature. */
export function isInRange(time: number): boolean {
  return time >= first && time <= last;
}

/** Returns the range of moments from the beginning of a date until the end of another, in milliseconds since 1970. */
export function rangeOfDates(
  from: string | null | undefined,
  until: string | null | undefined,
): readonly [number, number] {
  const start = from == null ? first : (millisecondsOf(from) as number);
  if (until == null) return [start, last];
  const end = millisecondsOf(until) as number;
  return [start, isDay(until) ? end + day - 1 : end];
}
