import { join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import { isStorable } from '../common/storable-text.ts';
import type { Batch, OnReject, Sourced } from './dataset.ts';
import { joinQuotedLines } from './join-quoted-lines.ts';
import { maxIdLength } from './mapping/parse-texts.ts';
import { maxLineLength, readLines } from './read-lines.ts';
import { excerpt, tooLong, withNul, withoutReturn } from './row-text.ts';
import { type Syntax, syntaxes } from './split-row.ts';

/** The name and the syntax of a file of rows. */
export interface FileFormat {
  readonly file: string;
  readonly syntax: Syntax;
  readonly columns: readonly string[];
}

/** How the rows of a file become records. */
export interface RowFormat<T extends object> extends FileFormat {
  /** The number of leading columns that are IDs, of 1 to 256 characters each. */
  readonly ids: number;
  /** Whether a second row with the same IDs is rejected. */
  readonly unique: boolean;
  /** Returns the record, or a text that tells what was expected and what was found. Takes one cell for each column. */
  record(...cells: string[]): T | string;
}

/**
 * Yields the records of a file in batches of 64 KiB.
 *
 * Reports each row that is not a valid record, and continues. Ignores empty lines.
 */
export async function* readRows<T extends object>(
  directory: string,
  format: RowFormat<T>,
  onReject: OnReject,
): AsyncGenerator<Batch<T>> {
  const { file } = format;
  const { header, quotes } = syntaxes[format.syntax];
  const skip = header ? 1 : 0;
  const seen = new Map<string, number>();
  const read = readLines(join(directory, file));
  for await (const lines of quotes ? joinQuotedLines(read, (text) => isRow(text, format)) : read) {
    const rows: Sourced<T>[] = [];
    for (let index = 0; index < lines.texts.length; index++) {
      const line = lines.first + index;
      const row = withoutReturn(lines.texts[index] as string);
      if (row === '' || line <= skip) continue;
      const record = lines.cut && index === 0 ? tooLong(maxLineLength) : recordOf(row, line, format, seen);
      if (typeof record === 'string') onReject({ file, line, reason: record, row: excerpt(row) });
      else rows.push({ record, file, line, row });
    }
    yield { rows, bytes: lines.bytes };
  }
}

/** Throws INVALID_DATA if the file cannot be read, or if its syntax has a header that does not name the columns. */
export async function checkHeader(directory: string, { file, syntax, columns }: FileFormat): Promise<void> {
  const first = await firstLine(join(directory, file));
  if (!syntaxes[syntax].header) return;
  const expected = columns.join(',');
  const found = withoutReturn(first);
  if (found.replaceAll('"', '') === expected) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `expected the first line of ${file} to be ${expected}, got ${JSON.stringify(excerpt(found))}`,
  );
}

/** Whether a text has the syntax of a row, and a cell for each column. */
function isRow(text: string, { syntax, columns }: FileFormat): boolean {
  const cells = syntaxes[syntax].split(withoutReturn(text));
  return typeof cells !== 'string' && cells.length === columns.length;
}

function recordOf<T extends object>(
  row: string,
  line: number,
  format: RowFormat<T>,
  seen: Map<string, number>,
): T | string {
  const { columns, ids, unique } = format;
  if (!isStorable(row)) return withNul;
  const cells = syntaxes[format.syntax].split(row);
  if (typeof cells === 'string') return cells;
  if (cells.length !== columns.length)
    return `expected ${columns.length} columns (${columns.join(', ')}), got ${cells.length}`;
  for (let column = 0; column < ids; column++) {
    const id = cells[column] as string;
    if (id.trim() === '') return `expected a ${columns[column]}, got none`;
    if (id.length > maxIdLength)
      return `expected a ${columns[column]} of at most ${maxIdLength} characters, got ${id.length}`;
  }
  const record = format.record(...cells);
  if (!unique || typeof record === 'string') return record;
  const key = cells.slice(0, ids).join('\0');
  const before = seen.get(key);
  if (before !== undefined)
    return `expected each ${columns.slice(0, ids).join(' and ')} only once, got it again after line ${before}`;
  seen.set(key, line);
  return record;
}

async function firstLine(path: string): Promise<string> {
  for await (const { texts } of readLines(path)) {
    if (texts.length > 0) return texts[0] as string;
  }
  return '';
}
