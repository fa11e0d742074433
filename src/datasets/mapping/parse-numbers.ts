import type { Cell } from '../tables/table.ts';
import type { NumberColumn } from './mapping-features.ts';
import type { Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';

export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  /** The difference between neighboring numbers. Default: any number of the range is allowed. */
  readonly step?: number | undefined;
}

/** How far a number may be from a step, in steps, since 0.1 has no exact floating point number. */
const stepTolerance = 1e-9;

/** Returns the parser of numbers in a range. `what` is what a message calls them, such as "a rating". */
export function numberParser(
  { column, decimal = '.' }: Pick<NumberColumn, 'column' | 'decimal'>,
  what: string,
  range: NumberRange,
): Parse<number> {
  const { minimum, maximum } = range;
  const syntax = syntaxes[decimal];
  const expected = expectedNumber(what, range);
  const example = exampleIn(range).replace('.', decimal);
  return (cell) => {
    let value: number;
    if (typeof cell === 'number') value = cell;
    else if (typeof cell === 'string' && syntax.pattern.test(cell)) value = syntax.read(cell);
    else if (typeof cell === 'bigint') value = Number(cell);
    else return new Problem(column, `${what} such as ${example}`, cell, adviceFor(cell, decimal));
    return value >= minimum && value <= maximum && isOnStep(value, range) ? value : new Problem(column, expected, cell);
  };
}

/** Returns a number that is allowed, with decimals if possible. */
function exampleIn(range: NumberRange): string {
  const fits = (value: number) => value >= range.minimum && value <= range.maximum && isOnStep(value, range);
  return String([12.5, 4.5, 0.5].find(fits) ?? range.maximum);
}

/** Returns what a message expects, such as `a rating from 1 to 5 in steps of 0.5`. */
export function expectedNumber(what: string, { minimum, maximum, step }: NumberRange): string {
  return `${what} from ${minimum} to ${maximum}${step === undefined ? '' : ` in steps of ${step}`}`;
}

/** Whether whole steps lead from the minimum of a range to a number. */
export function isOnStep(value: number, { minimum, step }: NumberRange): boolean {
  if (step === undefined) return true;
  const steps = (value - minimum) / step;
  return Math.abs(steps - Math.round(steps)) <= stepTolerance;
}

interface NumberSyntax {
  readonly pattern: RegExp;
  read(text: string): number;
}

/** How numbers are written, by the character before the decimals. Separators of thousands are not allowed. */
const syntaxes: Record<'.' | ',', NumberSyntax> = {
  '.': { pattern: /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/, read: Number },
  ',': {
    pattern: /^\s*[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?\s*$/,
    read: (text) => Number(text.replace(',', '.')),
  },
};

/** How a number with separators of thousands is written. Each pattern fits numbers without them too. */
interface ThousandsSyntax {
  readonly pattern: RegExp;
  readonly decimal: '.' | ',';
  /** A regular expression of the separators, for the `replace` of a mapping. */
  readonly separator: string;
}

export const thousands: readonly ThousandsSyntax[] = [
  { pattern: /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/, decimal: ',', separator: '\\.' },
  { pattern: /^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/, decimal: '.', separator: ',' },
  { pattern: /^[+-]?(?:\d+|\d{1,3}(?:[\s'’]\d{3})+)(?:,\d+)?$/, decimal: ',', separator: "[\\s'’]" },
  { pattern: /^[+-]?(?:\d+|\d{1,3}(?:[\s'’]\d{3})+)(?:\.\d+)?$/, decimal: '.', separator: "[\\s'’]" },
];

function adviceFor(cell: Cell, decimal: '.' | ','): string | undefined {
  if (typeof cell !== 'string') return undefined;
  const grouped = thousands.filter(({ pattern }) => pattern.test(cell.trim()));
  const same = grouped.find((syntax) => syntax.decimal === decimal);
  if (same) return `${adviceToReplace(same)} if it has separators of thousands`;
  const other = decimal === '.' ? ',' : '.';
  if (syntaxes[other].pattern.test(cell)) return `state "decimal": "${other}" if it is the character before decimals`;
  const [first] = grouped;
  if (first) return `${adviceToReplace(first)}, and "decimal": "${other}", if it has separators of thousands`;
  return /\d/.test(cell) ? 'state a "pattern" whose group is the number if there is more than a number' : undefined;
}

function adviceToReplace({ separator }: ThousandsSyntax): string {
  return `state "replace": ${JSON.stringify([{ pattern: separator, by: '' }])}`;
}
