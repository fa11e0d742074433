import type { Sourced } from '../../dataset.ts';
import { isRecord } from '../../tables/columns.ts';
import type { Cell, Table } from '../../tables/table.ts';

/** The number of rows of a file that are inspected. */
export const sampledRows = 1000;

/** Texts that usually mean that there is no value. */
const markers: readonly string[] = ['N/A', 'n/a', 'NA', 'null', 'NULL', 'None', 'NaN', 'nan', '\\N', '-'];

/** The values of a column in the first rows of a file. */
export interface ColumnSample {
  readonly name: string;
  /** The values that exist, without texts that mean that there is none. */
  readonly values: readonly Cell[];
  /** The same values as texts. */
  readonly texts: readonly string[];
  /** The values as texts by row; `undefined` where there is none. */
  readonly byRow: readonly (string | undefined)[];
  readonly distinct: ReadonlySet<string>;
  /** The texts of the column that mean that there is no value. */
  readonly markers: readonly string[];
}

/** The first rows of a file. */
export interface TableSample {
  readonly table: Table;
  readonly rows: readonly Sourced<readonly Cell[]>[];
  /** The columns, and the keys of objects in columns, such as `product.sku`. */
  readonly columns: readonly ColumnSample[];
}

/** Reads the first thousand rows of a file. Damaged rows are left out. */
export async function sampleTable(table: Table): Promise<TableSample> {
  const rows: Sourced<readonly Cell[]>[] = [];
  for await (const batch of table.rows(table.columns, () => {})) {
    rows.push(...batch.rows.slice(0, sampledRows - rows.length));
    if (rows.length === sampledRows) break;
  }
  const columns = table.columns.flatMap((name, index) =>
    columnsOf(
      name,
      rows.map(({ record }) => record[index]),
    ),
  );
  // A table can have the object `product` and its key `product.sku` as two columns.
  return { table, rows, columns: [...new Map(columns.map((column) => [column.name, column])).values()] };
}

/** Returns the sample as a table of its own. */
export function tableOfSample({ table, rows }: TableSample): Table {
  return {
    file: table.file,
    columns: table.columns,
    bytes: 0,
    async *rows(columns) {
      const indexes = columns.map((name) => table.columns.indexOf(name));
      yield { rows: rows.map((row) => ({ ...row, record: indexes.map((index) => row.record[index]) })), bytes: 0 };
    },
  };
}

/** Whether the values are different in nearly all rows. */
export function isNearlyUnique({ values, distinct }: ColumnSample): boolean {
  return values.length > 4 && distinct.size >= 0.9 * values.length;
}

function columnsOf(name: string, cells: readonly Cell[]): ColumnSample[] {
  const keys = new Set(cells.flatMap((cell) => (isRecord(cell) ? Object.keys(cell) : [])));
  if (keys.size === 0) return [columnOf(name, cells)];
  return [...keys].flatMap((key) =>
    columnsOf(
      `${name}.${key}`,
      cells.map((cell) => (isRecord(cell) ? cell[key] : undefined)),
    ),
  );
}

function columnOf(name: string, cells: readonly Cell[]): ColumnSample {
  const isPresent = (cell: Cell) => cell !== null && cell !== undefined && textOf(cell) !== '';
  const isValue = (cell: Cell) => isPresent(cell) && !markers.includes(textOf(cell));
  const values = cells.filter(isValue);
  const texts = values.map(textOf);
  const byRow = cells.map((cell) => (isValue(cell) ? textOf(cell) : undefined));
  const found = markers.filter((marker) => cells.some((cell) => isPresent(cell) && textOf(cell) === marker));
  return { name, values, texts, byRow, distinct: new Set(texts), markers: found };
}

function textOf(cell: Cell): string {
  if (typeof cell === 'string') return cell.trim();
  if (cell instanceof Date) return String(cell.getTime());
  return Array.isArray(cell)
    ? JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
    : String(cell);
}
