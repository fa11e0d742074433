/** ISO 8601: a date, and optionally a time with a UTC offset. Without an offset, the time is in UTC. */
const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;
const digits = /^\d{1,13}$/;
/** A date without hyphens, which would be seconds before the year 1974. */
const bareDate = /^(\d{4})(\d{2})(\d{2})$/;
/** Smaller numbers are seconds. As milliseconds, this is in March 1973; as seconds, in the year 5138. */
const firstMilliseconds = 100_000_000_000;

/** The forms of a time, for messages. */
export const timeForms =
  'a date such as 2026-11-28, a time such as 2026-11-28T10:00:00Z, or seconds or milliseconds since 1970';

/**
 * Returns the time that a client means: a `Date`, text in ISO 8601, or seconds or milliseconds since 1970 as a number or
 * as text. Returns `undefined` if it is none of these, a date that the calendar does not have, or text such as 20261122,
 * which means a date and not seconds.
 */
export function readTime(given: unknown): Date | undefined {
  if (given instanceof Date) return Number.isNaN(given.getTime()) ? undefined : given;
  if (typeof given === 'number') return timeOfNumber(given);
  if (typeof given !== 'string') return undefined;
  if (!digits.test(given)) return timeOfText(given);
  return timeOfText(given.replace(bareDate, '$1-$2-$3')) ? undefined : timeOfNumber(Number(given));
}

function timeOfNumber(given: number): Date | undefined {
  const time = new Date(Math.round(given < firstMilliseconds ? given * 1000 : given));
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function timeOfText(given: string): Date | undefined {
  const [, date, clock = '00:00', offset = 'Z'] = iso.exec(given) ?? [];
  if (date === undefined) return undefined;
  const time = new Date(`${date}T${clock}${offset.toUpperCase()}`);
  // JavaScript takes 30 February for 2 March.
  const hasDay = !Number.isNaN(time.getTime()) && new Date(`${date}T00:00Z`).toISOString().startsWith(date);
  return hasDay ? time : undefined;
}
