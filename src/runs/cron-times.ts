import { Cron } from 'croner';
import { type FieldPath, WarmstartError } from '../common/errors.ts';

/** Milliseconds. */
const shortestGap = 60_000;

/**
 * The first time after a moment at which a cron expression is due on the clocks of a time zone; `null` when there is none. A time of
 * day that a change of clocks leaves out is due right after it, and one that comes twice is due once; an expression that
 * repeats within the day is due whenever the clocks show it.
 */
export function nextTime(cron: string, timezone: string, after: Date): Date | null {
  return timesOf(cron, timezone).nextRun(after);
}

/** Throws BAD_USER_INPUT, naming the argument, for what is not to be scheduled. */
export function checkSchedule(cron: string, timezone: string): void {
  checkTimezone(timezone);
  const parts = cron.trim().split(/\s+/).length;
  // Question marks stand for the time at which the expression is read, and it is read again and again.
  if (parts < 5 || parts > 6 || cron.includes('?')) throw badCron(cron, 'it has another form');
  const times = upcoming(cron, timezone);
  if (times.length === 0) throw badCron(cron, 'there is no such time');
  for (const [index, time] of times.slice(1).entries()) {
    if (time.getTime() - (times[index] as Date).getTime() < shortestGap)
      throw badCron(cron, 'it is due more than once a minute');
  }
}

/** Two seconds of the same minute show in three times. */
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
    // Offsets do not know when clocks change; newer versions of Node take them.
    if (/^[A-Za-z]/.test(timezone)) {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return;
    }
  } catch {}
  const message = `expected the name of an IANA time zone, as in "Europe/Berlin", got ${JSON.stringify(timezone)}`;
  throw badInput(['timezone'], message);
}

function badCron(cron: string, reason: string): WarmstartError {
  const expected =
    'expected minute, hour, day of month, month and day of week, as in "0 4 * * *", at most once a minute';
  return badInput(['cron'], `${expected}; got ${JSON.stringify(cron)}: ${reason}`);
}

function badInput(field: FieldPath, message: string): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', `${field.join('.')}: ${message}`, { field });
}
