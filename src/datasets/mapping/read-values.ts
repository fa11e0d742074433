import type { ColumnReads, Read } from './column-reads.ts';
import type { InteractionColumns } from './mapping-interactions.ts';
import { optionalNumberParser } from './parse-features.ts';
import { numberParser } from './parse-numbers.ts';
import { Problem } from './problem.ts';

/** The largest absolute value of an interaction. The API and the database have the same limit. */
const largestValue = 1e12;
const mostOfWhole = 1.05;
const shareAdvice =
  'state "unit": "percent" if it is from 0 to 100, or the column of the whole as "dividedBy" if it is a part of that';
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

/**
 * Returns the function that reads the share of an item that was played, from 0 to 1; `null` if there is none. A player can
 * count a little more than the whole, which is read as 1.
 */
export function shareRead(columns: ColumnReads, section: InteractionColumns['value']): Read<number | null> {
  if (section === undefined) return () => null;
  const { column, dividedBy, unit } = section;
  const read = valueRead(columns, section);
  const largest = dividedBy === undefined ? 1 : mostOfWhole;
  return (cells) => {
    const share = read(cells);
    if (typeof share !== 'number') return share;
    if (share >= 0 && share <= largest) return Math.min(share, 1);
    if (dividedBy !== undefined)
      return new Problem(column, `a part of "${dividedBy}" for PLAY, from 0 to 1 of it`, share, 'check their units');
    if (unit !== undefined) return new Problem(column, 'a percentage from 0 to 100 for PLAY', share * 100);
    return new Problem(column, 'the share that was played from 0 to 1 for PLAY', share, shareAdvice);
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
