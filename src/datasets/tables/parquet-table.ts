import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  asyncBufferFromFile,
  type FileMetaData,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { WarmstartError } from '../../common/errors.ts';
import type { Batch } from '../dataset.ts';
import { checkNames, checkWanted, noRows, valueAt } from './columns.ts';
import type { Input } from './input.ts';
import { cellOf, decimalOf, keepLongDecimals, ParquetRow, parsers } from './parquet-cells.ts';
import type { Cell, Table } from './table.ts';

const batchRows = 4096;

/** A Parquet file that was opened. */
interface ParquetFile {
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  readonly metadata: FileMetaData;
  /** The columns, and those inside of structures by their paths. */
  readonly columns: readonly string[];
  readonly decimals: ReadonlySet<string>;
}

/**
 * Opens a Parquet file. It is read by row groups and columns, so that memory does not grow with the file.
 *
 * Throws INVALID_DATA if it is not Parquet, if it is damaged or truncated, if it has no rows, or if it comes through a
 * pipe.
 */
export async function openParquet({ file, path, bytes }: Input): Promise<Table> {
  if (path === undefined)
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a file of Parquet, got ${file}, which can only be read from its start; save it as a file`,
    );
  const metadata = await undamaged(file, async () => parquetMetadataAsync(await asyncBufferFromFile(path)));
  if (metadata.num_rows === 0n) throw noRows(file, 'Parquet without rows');
  const columns = namesOf(parquetSchema(metadata).children);
  checkNames(file, 'the schema', columns);
  const opened = { file, path, bytes, metadata, columns, decimals: keepLongDecimals(metadata) };
  return { file, columns, bytes, rows: (wanted) => readParquet(opened, wanted) };
}

function namesOf(nodes: readonly SchemaTree[]): string[] {
  return nodes.flatMap(({ element, path, children }) => {
    const structure = children.length > 0 && !element.converted_type && !element.logical_type;
    return [path.join('.'), ...(structure && element.repetition_type !== 'REPEATED' ? namesOf(children) : [])];
  });
}

async function* readParquet(opened: ParquetFile, wanted: readonly string[]): AsyncGenerator<Batch<readonly Cell[]>> {
  const { file, path, bytes, metadata, columns } = opened;
  checkWanted(file, columns, wanted);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const tops = wanted.map((column) => (names.includes(column) ? column : topOf(names, column)));
  const scan = await undamaged(file, async () =>
    parquetScan({ file: await asyncBufferFromFile(path), metadata, compressors, parsers, columns: [...new Set(tops)] }),
  );
  const total = Number(metadata.num_rows);
  let done = 0;
  const bytesOf = (rows: number) => Math.floor((bytes * rows) / total);
  for (const { rowStart: start, rowEnd: end } of scan.ranges) {
    const cells = await undamaged(file, () => readColumns(scan, opened, wanted, tops, start, end));
    for (let from = 0; from < end - start; from += batchRows) {
      const count = Math.min(batchRows, end - start - from);
      const rows = Array.from({ length: count }, (_, index) => {
        const record = cells.map((column) => column(from + index));
        return new ParquetRow(record, file, start + from + index + 1);
      });
      yield { rows, bytes: bytesOf(done + count) - bytesOf(done) };
      done += count;
      await nextTurn();
    }
  }
}

/** Returns the column that contains the one at a path. */
function topOf(names: readonly string[], path: string): string {
  return names.find((name) => path.startsWith(`${name}.`)) as string;
}

/** Reads a range of rows. Returns a function for each wanted column that returns the cell of a row. */
async function readColumns(
  scan: ParquetScan,
  { decimals }: ParquetFile,
  wanted: readonly string[],
  tops: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<((row: number) => Cell)[]> {
  const read = new Map<string, ArrayLike<unknown>>();
  for (const column of new Set(tops)) {
    const values = await scan.readColumn({ column, rowStart, rowEnd });
    if (values.length !== rowEnd - rowStart) throw new Error(`${rowEnd - rowStart} rows are in fact ${values.length}`);
    read.set(column, values);
  }
  return wanted.map((column, index) => {
    const top = tops[index] as string;
    const values = read.get(top) as ArrayLike<unknown>;
    if (decimals.has(column)) return (row) => decimalOf(values[row]);
    if (top === column) return (row) => cellOf(values[row]);
    return (row) => valueAt(cellOf(values[row]), column.slice(top.length + 1));
  });
}

/** Turns a failure of the parser into an error about the file. */
async function undamaged<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a whole Parquet file as ${file}, got a damaged or truncated one (${(cause as Error).message}); ` +
        'copy it again, or write it again',
      { cause },
    );
  }
}
