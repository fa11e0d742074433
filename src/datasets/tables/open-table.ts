import { noRows } from './columns.ts';
import { openCsv } from './csv-table.ts';
import { openInput } from './input.ts';
import { openJsonLines } from './json-lines-table.ts';
import { openParquet } from './parquet-table.ts';
import { isParquet, recognizeCompression, recognizeType } from './recognize-type.ts';
import type { Table, TableFormat } from './table.ts';
import { headOf, openText, type TextInput } from './text-input.ts';

/**
 * Opens a file as a table, or standard input as `-`. It recognizes what the format does not state.
 *
 * A pipe and standard input can be read only once, and cannot be Parquet. Throws INVALID_DATA if the file cannot be
 * read, if it has no rows, if it does not name its columns, or if it does not have the stated format.
 */
export async function openTable(path: string, format: TableFormat = {}): Promise<Table> {
  const input = await openInput(path);
  const { file } = input;
  const head = await headOf(input.peek());
  if (head.length === 0) throw noRows(file, 'an empty file');
  if (format.type === 'parquet' || (format.type === undefined && isParquet(file, head))) return openParquet(input);
  const text = await openText(input, format.compression ?? recognizeCompression(file, head), format.encoding);
  const type = format.type ?? recognizeType(file, await firstLine(text));
  return type === 'jsonl' ? openJsonLines(text) : openCsv(text, format);
}

async function firstLine(text: TextInput): Promise<string> {
  for await (const { texts } of text.peek()) {
    const line = texts.find((found) => found.trim() !== '');
    if (line !== undefined) return line;
  }
  throw noRows(text.file, 'only empty lines');
}
