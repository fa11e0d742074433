import { dayText, expectedDate, isDay, isInRange, timeText } from '../../features/dates.ts';
import type { Cell } from '../tables/table.ts';
import { ifPresent, replacer } from './if-present.ts';
import type { ItemTimeColumn } from './mapping.ts';
import type { TimeColumn } from './mapping-interactions.ts';
import type { NumberRange } from './parse-numbers.ts';
import type { Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';
import { firstMilliseconds, formatHasClock, timeFormat } from './time-formats.ts';

const day = 24 * 60 * 60 * 1000;
/** Times that the database can store. */
const years = { minimum: Date.parse('0001-01-01T00:00:00Z'), maximum: Date.parse('9999-12-31T23:59:59.999Z') };

/**
 * Returns the parser of times, in milliseconds since 1970. Times before 1970 and later than one day from now are refused:
 * the API refuses them too. A date of Parquet is a time whatever the format.
 */
export function timeParser(times: TimeColumn): Parse<number> {
  const range = { minimum: 0, maximum: Date.now() + day };
  const parse = parserWithin(times, range, 'a time from 1970 to one day from now');
  const replaced = replacer(times.replace);
  return (cell) => parse(replaced(cell));
}

/** Returns the parser of times that can be absent and in the future, in milliseconds since 1970. */
export function optionalTimeParser(column: ItemTimeColumn): Parse<number | null> {
  return ifPresent(column, parserWithin(column, years, 'a time from the year 1 to 9999'));
}

function parserWithin(times: TimeColumn, { minimum, maximum }: NumberRange, wanted: string): Parse<number> {
  const { column, format } = times;
  const parse = anyTimeParser(times);
  return (cell) => {
    const time = parse(cell);
    if (time instanceof Problem || (time >= minimum && time <= maximum)) return time;
    return new Problem(column, wanted, cell, unitAdvice(cell, format));
  };
}

/**
 * Returns the parser of dates as features have them. A date without a time stays this date, whatever the zone. A date of
 * Parquet is one if it is at midnight in UTC.
 */
export function dateParser(dates: TimeColumn): Parse<string> {
  const [parseDay, parseTime] = [anyTimeParser({ ...dates, zone: 'UTC' }), anyTimeParser(dates)];
  const hasClock = formatHasClock(dates.format);
  return (cell) => {
    const inDays = cell instanceof Date ? cell.getTime() % day === 0 : !hasClock || isDay(String(cell).trim());
    const time = inDays ? parseDay(cell) : parseTime(cell);
    if (time instanceof Problem) return time;
    if (!isInRange(time)) return new Problem(dates.column, expectedDate, cell, unitAdvice(cell, dates.format));
    return inDays ? dayText(time) : timeText(time);
  };
}

/** Returns the parser of times of any year. */
function anyTimeParser({ column, format, zone }: TimeColumn): Parse<number> {
  const { expected, fromText, fromNumber } = timeFormat(format, zone);
  return (cell) => {
    let time: number | undefined;
    if (typeof cell === 'string') time = fromText(cell);
    else if (typeof cell === 'number') time = fromNumber(cell);
    else if (typeof cell === 'bigint') time = fromNumber(Number(cell));
    else if (cell instanceof Date) time = cell.getTime();
    if (time !== undefined && !Number.isNaN(time)) return time;
    return new Problem(column, expected, cell, unitAdvice(cell, format) ?? formatAdvice(cell));
  };
}

/** Returns advice if the cell is a number that another unit fits better. */
function unitAdvice(cell: Cell, format: string): string | undefined {
  if (cell === '' || (typeof cell !== 'string' && typeof cell !== 'number')) return undefined;
  const number = Number(cell);
  if (Number.isNaN(number)) return undefined;
  const likely = number < firstMilliseconds ? 'seconds' : 'milliseconds';
  return likely === format ? undefined : `state "format": "${likely}" if these are ${likely} since 1970`;
}

function formatAdvice(cell: Cell): string | undefined {
  return typeof cell === 'string' && cell !== '' ? 'state the "format" of the times if it is another' : undefined;
}
