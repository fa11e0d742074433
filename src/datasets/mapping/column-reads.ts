import type { Cell, Table } from '../tables/table.ts';
import type { Parse } from './parse-texts.ts';
import type { Problem } from './problem.ts';

/** Reads a value from the cells of a row. */
export type Read<T> = (cells: readonly Cell[]) => T | Problem;

/** The columns of a table that a mapping names, in the order in which `Table.rows` has to give them. */
export class ColumnReads {
  readonly #existing: ReadonlySet<string>;
  readonly #indexes = new Map<string, number>();
  readonly #missing = new Set<string>();

  constructor({ columns }: Pick<Table, 'columns'>) {
    this.#existing = new Set(columns);
  }

  get columns(): readonly string[] {
    return [...this.#indexes.keys()];
  }

  /** The columns that the table lacks. */
  get missing(): readonly string[] {
    return [...this.#missing];
  }

  /** Returns the function that reads a column, which can be a key of an object in a column, such as `product.sku`. */
  read<T>(column: string, parse: Parse<T>): Read<T> {
    const name = this.#columnOf(column);
    if (name === undefined) this.#missing.add(column);
    const index = this.#indexOf(name ?? column);
    const keys =
      name === undefined
        ? []
        : column
            .slice(name.length + 1)
            .split('.')
            .filter(Boolean);
    if (keys.length === 0) return (cells) => parse(cells[index]);
    return (cells) => parse(partOf(cells[index], keys));
  }

  /** Returns the column itself, or else the longest one that is the beginning of its path. */
  #columnOf(column: string): string | undefined {
    if (this.#existing.has(column)) return column;
    for (let end = column.lastIndexOf('.'); end > 0; end = column.lastIndexOf('.', end - 1)) {
      if (this.#existing.has(column.slice(0, end))) return column.slice(0, end);
    }
    return undefined;
  }

  #indexOf(column: string): number {
    const known = this.#indexes.get(column);
    if (known !== undefined) return known;
    this.#indexes.set(column, this.#indexes.size);
    return this.#indexes.size - 1;
  }
}

function partOf(cell: Cell, keys: readonly string[]): Cell {
  let part = cell;
  for (const key of keys) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, key)) return undefined;
    part = (part as { readonly [key: string]: Cell })[key];
  }
  return part;
}
