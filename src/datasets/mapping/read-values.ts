import type { ColumnReads, Read } from './column-reads.ts';
import type { InteractionColumns } from './mapping-interactions.ts';
import { optionalNumberParser } from './parse-features.ts';
import { numberParser } from './parse-numbers.ts';
import { Problem } from './problem.ts';

/** The largest absolute value of an interaction. The API and the database have the same limit. */
const largestValue = 1e12;
const values = { minimum: -largestValue, maximum: largestValue };

/** Returns the function that reads the value of an interaction that is no rating; `null` if there is none. */
export function valueRead(columns: ColumnReads, section: InteractionColumns['value']): Read<number | null> {
  if (section === undefined) return () => null;
  const read = columns.read(section.column, optionalNumberParser(section, 'a value', values));
  if (section.dividedBy !== undefined) return quotientRead(columns, read, section.dividedBy, section.decimal);
  if (section.unit === undefined) return read;
  return (cells) => {
    const value = read(cells);
    return typeof value === 'number' ? value / 100 : value;
  };
}

/** Returns the function that divides a value by the whole. A row without a value needs no whole. */
function quotientRead(
  columns: ColumnReads,
  readPart: Read<number | null>,
  column: string,
  decimal: '.' | ',' | undefined,
): Read<number | null> {
  const parse = numberParser({ column, decimal }, 'a number to divide by', values);
  const readWhole = columns.read(column, (cell) => {
    const whole = parse(cell);
    return whole instanceof Problem || whole > 0 ? whole : new Problem(column, 'a number above 0 to divide by', cell);
  });
  return (cells) => {
    const part = readPart(cells);
    if (typeof part !== 'number') return part;
    const whole = readWhole(cells);
    if (typeof whole !== 'number') return whole;
    const quotient = part / whole;
    return Math.abs(quotient) <= largestValue
      ? quotient
      : new Problem(column, `a number whose quotient is at most ${largestValue}`, whole);
  };
}
