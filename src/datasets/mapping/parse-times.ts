import type { Cell } from '../tables/table.ts';
import type { TimeColumn } from './mapping-interactions.ts';
import type { Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';
import { firstMilliseconds, timeFormat } from './time-formats.ts';

const day = 24 * 60 * 60 * 1000;
/**
 * Returns the parser of times, in milliseconds since 1970. Times before 1970 and later than one day from now are refused:
 * the API refuses them too. A date of Parquet is a time whatever the format.
 */
export function timeParser({ column, format, zone }: TimeColumn): Parse<number> {
  const { expected, fromText, fromNumber } = timeFormat(format, zone);
  const latest = Date.now() + day;
  return (cell) => {
    let time: number | undefined;
    if (typeof cell === 'string') time = fromText(cell);
    else if (typeof cell === 'number') time = fromNumber(cell);
    else if (typeof cell === 'bigint') time = fromNumber(Number(cell));
    else if (cell instanceof Date) time = cell.getTime();
    if (time === undefined || Number.isNaN(time))
      return new Problem(column, expected, cell, unitAdvice(cell, format) ?? formatAdvice(cell));
    if (time >= 0 && time <= latest) return time;
    return new Problem(column, 'a time from 1970 to one day from now', cell, unitAdvice(cell, format));
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
