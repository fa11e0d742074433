import { Cron } from 'croner';
import { type FieldPath, WarmstartError } from '../common/errors.ts';

/** In milliseconds. */
const minGap = 60_000;

/**
 * Returns the first time after `after` at which a cron expression is due in a time zone, or `null` if there is none.
 * When clocks change, a time of day that is skipped is due right after the change, and one that occurs twice is due
 * once. An expression that repeats within the day is due each time the clocks match it.
 */
export function nextTime(cron: string, timezone: string, after: Date): Date | null {
  return timesOf(cron, timezone).nextRun(after);
}

/** Throws BAD_USER_INPUT, with the argument as its field, if the expression or the time zone cannot be scheduled. */
export function checkSchedule(cron: string, timezone: string): void {
  checkTimezone(timezone);
  const parts = cron.trim().split(/\s+/).length;
  // A question mark stands for the time at which the expression is parsed, and it is parsed again and again.
  if (parts < 5 || parts > 6 || cron.includes('?')) throw badCron(cron, 'it has a different form');
  const times = upcoming(cron, timezone);
  if (times.length === 0) throw badCron(cron, 'it never occurs');
  for (const [index, time] of times.slice(1).entries()) {
    if (time.getTime() - (times[index] as Date).getTime() < minGap)
      throw badCron(cron, 'it is due more than once a minute');
  }
}

/** Three times are enough to find two in the same minute. */
function upcoming(cron: string, timezone: string): Date[] {
  try {
    return timesOf(cron, timezone).nextRuns(3);
  } catch (error) {
    throw badCron(cron, (error as Error).message);
  }
}

function timesOf(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, paused: true, mode: '5-or-6-parts' });
}

function checkTimezone(timezone: string): void {
  try {
    // Offsets such as "+01:00", which newer versions of Node accept, do not say when clocks change.
    if (/^[A-Za-z]/.test(timezone)) {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return;
    }
  } catch {}
  const message = `expected the name of an IANA time zone, such as "Europe/Berlin", got ${JSON.stringify(timezone)}`;
  throw badInput(['timezone'], message);
}

function badCron(cron: string, reason: string): WarmstartError {
  const expected =
    'expected minute, hour, day of month, month and day of week, such as "0 4 * * *", at most once a minute';
  return badInput(['cron'], `${expected}; got ${JSON.stringify(cron)}: ${reason}`);
}

function badInput(field: FieldPath, message: string): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${message}`, { field });
}
