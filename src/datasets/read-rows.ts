import { join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import { isStorable } from '../common/storable-text.ts';
import type { Batch, OnReject, Sourced } from './dataset.ts';
import { maxLineLength, readLines } from './read-lines.ts';
import { type Syntax, syntaxes } from './split-row.ts';

/** Longer ids are taken for damage; an index over them would grow large for nothing. */
const maxIdLength = 256;
/** How much of a row a reject repeats, in UTF-16 units. */
const maxExcerptLength = 500;

/** What a file of rows is called and how it is laid out. */
export interface FileFormat {
  readonly file: string;
  readonly syntax: Syntax;
  readonly columns: readonly string[];
}

/** How a file's rows become records. */
export interface RowFormat<T extends object> extends FileFormat {
  /** So many of the first columns are ids: from 1 to 256 characters each. */
  readonly ids: number;
  /** Whether two rows may not have the same ids. */
  readonly unique: boolean;
  /** The record, or a text that says what was expected and what came. Takes one cell for each column. */
  record(...cells: string[]): T | string;
}

/**
 * The records of a file, 64 KiB of rows to the batch.
 *
 * Reports each row that is none, and goes on. Lines without any text are no rows.
 */
export async function* readRows<T extends object>(
  directory: string,
  format: RowFormat<T>,
  onReject: OnReject,
): AsyncGenerator<Batch<T>> {
  const { file } = format;
  const skip = syntaxes[format.syntax].header ? 1 : 0;
  const seen = new Map<string, number>();
  for await (const lines of readLines(join(directory, file))) {
    const rows: Sourced<T>[] = [];
    for (let index = 0; index < lines.texts.length; index++) {
      const line = lines.first + index;
      const row = withoutReturn(lines.texts[index] as string);
      if (row === '' || line <= skip) continue;
      const record = lines.cut && index === 0 ? tooLong : recordOf(row, line, format, seen);
      if (typeof record === 'string') onReject({ file, line, reason: record, row: excerpt(row) });
      else rows.push({ record, file, line, row });
    }
    yield { rows, bytes: lines.bytes };
  }
}

/** Throws INVALID_DATA unless the file can be read and, where its syntax has a header, that names the columns. */
export async function checkHeader(directory: string, { file, syntax, columns }: FileFormat): Promise<void> {
  const first = await firstLine(join(directory, file));
  if (!syntaxes[syntax].header) return;
  const expected = columns.join(',');
  const found = withoutReturn(first);
  if (found.replaceAll('"', '') === expected) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `expected the first line of ${file} to be ${expected}; came ${JSON.stringify(excerpt(found))}; name the columns so`,
  );
}

const tooLong = `expected a row of at most ${maxLineLength} bytes; came a longer one`;

function recordOf<T extends object>(
  row: string,
  line: number,
  format: RowFormat<T>,
  seen: Map<string, number>,
): T | string {
  const { columns, ids, unique } = format;
  if (!isStorable(row)) return 'expected text without the NUL character';
  const cells = syntaxes[format.syntax].split(row);
  if (typeof cells === 'string') return cells;
  if (cells.length !== columns.length)
    return `expected ${columns.length} columns (${columns.join(', ')}); came ${cells.length}`;
  for (let column = 0; column < ids; column++) {
    const id = cells[column] as string;
    if (id.trim() === '') return `expected a ${columns[column]}; came none`;
    if (id.length > maxIdLength)
      return `expected a ${columns[column]} of at most ${maxIdLength} characters; came ${id.length}`;
  }
  const record = format.record(...cells);
  if (!unique || typeof record === 'string') return record;
  const key = cells.slice(0, ids).join('\0');
  const before = seen.get(key);
  if (before !== undefined)
    return `expected each ${columns.slice(0, ids).join(' and ')} once; came again after line ${before}`;
  seen.set(key, line);
  return record;
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** A row as a reject repeats it: not long, and free of the NUL that would keep it out of Postgres. */
function excerpt(row: string): string {
  const text = row.length > maxExcerptLength ? `${row.slice(0, maxExcerptLength)}…` : row;
  return text.replaceAll('\0', '\\0');
}

async function firstLine(path: string): Promise<string> {
  for await (const { texts } of readLines(path)) {
    if (texts.length > 0) return texts[0] as string;
  }
  return '';
}
