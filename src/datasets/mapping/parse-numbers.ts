import type { Cell } from '../tables/table.ts';
import type { NumberColumn } from './mapping-features.ts';
import type { Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';

export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** Returns the parser of numbers in a range. `what` is what a message calls them, such as "a rating". */
export function numberParser(
  { column, decimal = '.' }: Pick<NumberColumn, 'column' | 'decimal'>,
  what: string,
  { minimum, maximum }: NumberRange,
): Parse<number> {
  const syntax = syntaxes[decimal];
  const expected = `${what} from ${minimum} to ${maximum}`;
  return (cell) => {
    let value: number;
    if (typeof cell === 'number') value = cell;
    else if (typeof cell === 'string' && syntax.pattern.test(cell)) value = syntax.read(cell);
    else if (typeof cell === 'bigint') value = Number(cell);
    else return new Problem(column, `${what} such as ${syntax.example}`, cell, adviceFor(cell, decimal));
    return value >= minimum && value <= maximum ? value : new Problem(column, expected, cell);
  };
}

interface NumberSyntax {
  readonly pattern: RegExp;
  readonly example: string;
  read(text: string): number;
}

/** How numbers are written, by the character before the decimals. Separators of thousands are not allowed. */
const syntaxes: Record<'.' | ',', NumberSyntax> = {
  '.': { pattern: /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/, example: '12.5', read: Number },
  ',': {
    pattern: /^\s*[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?\s*$/,
    example: '12,5',
    read: (text) => Number(text.replace(',', '.')),
  },
};

function adviceFor(cell: Cell, decimal: '.' | ','): string | undefined {
  if (typeof cell !== 'string') return undefined;
  const other = decimal === '.' ? ',' : '.';
  if (syntaxes[other].pattern.test(cell)) return `state "decimal": "${other}" if it is the character before decimals`;
  return /\d/.test(cell) ? 'state a "pattern" whose group is the number if there is more than a number' : undefined;
}
