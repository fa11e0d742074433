import type { Cell } from '../tables/table.ts';

const maxShown = 80;

/** Why a cell cannot be read. */
export class Problem {
  readonly #column: string;
  readonly #expected: string;
  readonly #found: Cell;
  readonly #advice: string | undefined;

  /** `advice` tells what to do, such as `state "decimal": ","`. */
  constructor(column: string, expected: string, found: Cell, advice?: string) {
    this.#column = column;
    this.#expected = expected;
    this.#found = found;
    this.#advice = advice;
  }

  /** The reason of a reject: the column, what was expected, what was found, and what to do. */
  get reason(): string {
    const advice = this.#advice === undefined ? '' : `; ${this.#advice}`;
    return `${this.#column}: expected ${this.#expected}, got ${shown(this.#found)}${advice}`;
  }
}

/** Formats a cell for a message: as JSON, shortened if it is long. */
export function shown(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return 'none';
  if (cell instanceof Uint8Array) return `${cell.length} bytes`;
  if (cell instanceof Date && Number.isNaN(cell.getTime())) return 'a date that does not exist';
  if (typeof cell === 'number') return String(cell);
  const text = JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return text.length <= maxShown ? text : `${text.slice(0, maxShown).toWellFormed()}…`;
}
