import { join } from 'node:path';
import { openTable } from '../../../src/datasets/tables/open-table.ts';
import type { Table, TableFormat } from '../../../src/datasets/tables/table.ts';
import { type Collected, collect, folderWith } from '../dataset-fixtures.ts';

/** Opens a file with this content. */
export async function tableOf(name: string, content: string | Buffer, format?: TableFormat): Promise<Table> {
  return openTable(join(await folderWith({ [name]: content }), name), format);
}

/** Reads the columns of a table, by default all of them, to the end. */
export async function readAll(table: Table, columns = table.columns): Promise<Collected<readonly unknown[]>> {
  return collect((onReject) => table.rows(columns, onReject));
}

/** Returns the cells of a file with this content, and the lines and reasons of its rejects. */
export async function read(name: string, content: string | Buffer, format?: TableFormat) {
  const table = await tableOf(name, content, format);
  const { records, rejects, bytes } = await readAll(table);
  return { columns: table.columns, records, rejects: rejects.map(({ line, reason }) => [line, reason]), bytes };
}

/** Returns the code and the message of the error about a file with this content. */
export async function refusal(name: string, content: string | Buffer, format?: TableFormat): Promise<string> {
  try {
    await read(name, content, format);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
  throw new Error(`${name} was read`);
}
