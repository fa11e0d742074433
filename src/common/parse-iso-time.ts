import { DateTime } from 'luxon';

const syntax =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/;

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Returns the milliseconds since 1970 of a date, or of a date and a time, in ISO 8601 with hyphens and colons. A space
 * can stand for the T. `zone` is the zone of a time without an offset. Returns `undefined` for other texts, and for days
 * and times that do not exist.
 */
export function parseIsoTime(text: string, zone: string): number | undefined {
  const parts = syntax.exec(text);
  if (parts === null) return undefined;
  const [, years, months, days, hours = 0, minutes = 0, seconds = 0, fraction = '', offset] = parts;
  const [year, month, day, hour, minute, second] = [years, months, days, hours, minutes, seconds].map(Number) as Six;
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (offset === undefined && zone !== 'UTC')
    return DateTime.fromObject({ year, month, day, hour, minute, second, millisecond }, { zone }).toMillis();
  const later = Date.UTC(year + cycle.years, month - 1, day, hour, minute, second, millisecond);
  return later - cycle.milliseconds - offsetOf(offset);
}

/** The calendar repeats itself after these years. JavaScript takes the years 0 to 99 for those from 1900 to 1999. */
const cycle = { years: 400, milliseconds: 146_097 * 24 * 60 * 60 * 1000 };

type Six = [number, number, number, number, number, number];

function daysOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (monthDays[month - 1] as number);
}

/** Returns an offset such as +05:30 in milliseconds. */
function offsetOf(offset: string | undefined): number {
  if (offset === undefined || /[a-z]/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', ''));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}
