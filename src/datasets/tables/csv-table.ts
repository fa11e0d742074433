import { quote, WarmstartError } from '../../common/errors.ts';
import type { Batch, OnReject, Sourced } from '../dataset.ts';
import type { Lines } from '../read-lines.ts';
import { excerpt, tooLong, withNul, withoutReturn } from '../row-text.ts';
import { type Cells, hasQuotes, nameOf, splitRow } from '../split-row.ts';
import { checkNames, checkWanted, noRows } from './columns.ts';
import { cellCount, findDelimiter, joinRows, type Sample, sampleRows, usualDelimiters } from './find-delimiter.ts';
import { countComments, withEmptyLines } from './skip-comments.ts';
import type { Cell, Table, TableFormat } from './table.ts';
import { maxRowLength, type TextInput } from './text-input.ts';

/** How many lines are looked at to find the delimiter, or all of the first 64 KiB if that is more. */
const sampledLines = 200;

/** What is the same in all rows. */
interface Shape {
  readonly delimiter: string;
  readonly names: readonly string[];
  /** The row that names the columns; if they were stated, a row that would name them. */
  readonly header: string;
  /** Whether the columns were stated, so that the first row is data. */
  readonly stated: boolean;
}

/**
 * Opens a text of rows whose cells are separated by a delimiter. Comments before the first row are skipped.
 *
 * Throws INVALID_DATA if the first row does not name the columns, if there are no other rows, or if the stated
 * delimiter or columns do not fit.
 */
export async function openCsv(text: TextInput, format: TableFormat): Promise<Table> {
  const { file, bytes } = text;
  const delimiters = format.delimiter ? [format.delimiter] : usualDelimiters;
  const comments = countComments(await sampleLines(text), delimiters);
  const rows = withEmptyLines(text, comments);
  const sample = await sampleOf(file, await sampleLines(rows), format);
  const shape = shapeOf(file, comments + 1, sample, format);
  if (!shape.stated && sample.more === 0) throw noRows(file, 'only a line that names the columns');
  const { names } = shape;
  return { file, columns: names, bytes, rows: (columns, onReject) => readCsv(rows, shape, columns, onReject) };
}

async function sampleLines(text: TextInput): Promise<Lines[]> {
  const found: Lines[] = [];
  let count = 0;
  for await (const lines of text.peek()) {
    if (lines.cut && count === 0)
      throw new WarmstartError(
        'INVALID_DATA',
        `${text.file}, line ${lines.first}: ${tooLong(maxRowLength)}; write each row in a line of its own`,
      );
    found.push(lines);
    count += lines.texts.length;
    if (count >= sampledLines) break;
  }
  return found;
}

async function sampleOf(file: string, lines: readonly Lines[], format: TableFormat): Promise<Sample> {
  const { delimiter } = format;
  const width = format.columns?.length;
  if (delimiter === undefined) return findDelimiter(lines, width);
  if (delimiter === '' || /["\r\n]/.test(delimiter))
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a delimiter without quotes and line feeds for ${file}, got ${quote(delimiter)}; ` +
        'state a character such as a comma, or several',
    );
  const sample = await sampleRows(lines, delimiter, width);
  if (cellCount(sample) !== 1 || width === 1) return sample;
  const other = await findDelimiter(lines, width);
  if (cellCount(other) < 2) return sample;
  throw new WarmstartError(
    'INVALID_DATA',
    `expected ${nameOf(delimiter)} between the cells of ${file}, got ${quote(sample.text)}; ` +
      `state ${nameOf(other.delimiter)} as the delimiter, or none`,
  );
}

function shapeOf(
  file: string,
  line: number,
  { delimiter, first, text, fitting }: Sample,
  { columns }: TableFormat,
): Shape {
  if (columns) {
    checkNames(file, 'the stated columns', columns);
    if (fitting > 0) return { delimiter, names: columns, header: columns.join(delimiter), stated: true };
    const got = typeof first === 'string' ? first : `${first.length}`;
    throw new WarmstartError(
      'INVALID_DATA',
      `expected ${columns.length} cells in the rows of ${file}, as many as the stated columns, got ${got} in line ${line}: ` +
        `${quote(text)}; state a name for each column`,
    );
  }
  const problem = typeof first === 'string' ? first : text.includes('\0') ? withNul : carriageReturns(text);
  if (problem !== undefined || typeof first === 'string')
    throw new WarmstartError('INVALID_DATA', `${file}, line ${line}, which must name the columns: ${problem}`);
  const names = first.map((name) => name.trim());
  checkNames(file, `line ${line}`, names);
  return { delimiter, names, header: text, stated: false };
}

function carriageReturns(text: string): string | undefined {
  if (!text.includes('\r')) return undefined;
  return "expected line feeds between rows, got carriage returns; convert the file with tr '\\r' '\\n'";
}

async function* readCsv(
  text: TextInput,
  shape: Shape,
  columns: readonly string[],
  onReject: OnReject,
): AsyncGenerator<Batch<readonly Cell[]>> {
  const { file } = text;
  const { names, delimiter } = shape;
  checkWanted(file, names, columns);
  const pick = picker(names, columns);
  let named = shape.stated;
  for await (const { texts, first, cut, bytes } of joinRows(text.read(), delimiter, names.length)) {
    const rows: Sourced<readonly Cell[]>[] = [];
    for (let index = 0; index < texts.length; index++) {
      const row = withoutReturn(texts[index] as string);
      if (row === '') continue;
      if (!named) {
        named = true;
        continue;
      }
      const cells = cut && index === 0 ? tooLong(maxRowLength) : cellsOf(row, shape);
      const line = first + index;
      if (typeof cells === 'string') onReject({ file, line, reason: cells, row: excerpt(row) });
      else rows.push({ record: pick(cells), file, line, row });
    }
    yield { rows, bytes };
  }
}

/** Returns the cells of a row, one for each column, or a text that tells why the row is invalid. */
function cellsOf(row: string, shape: Shape): Cells {
  if (row.includes('\0')) return withNul;
  const cells = splitRow(row, shape.delimiter);
  if (typeof cells === 'string') return cells;
  if (cells.length !== shape.names.length) return wrongWidth(row, cells, shape);
  if (row.length === shape.header.length && row === shape.header)
    return 'expected the names of the columns only in the first line, got them again; is this two files joined?';
  return cells;
}

function wrongWidth(row: string, cells: readonly string[], { delimiter, names }: Shape): string {
  const expected = `expected ${names.length} cells, got ${cells.length}`;
  const other = usualDelimiters.find((usual) => usual !== delimiter && splitRow(row, usual).length === names.length);
  if (other !== undefined && names.length > 1)
    return `expected ${nameOf(delimiter)} between cells as in the first line, got ${nameOf(other)}`;
  if (cells.length < names.length || !hasQuotes(delimiter)) return expected;
  return `${expected}; put a cell with ${nameOf(delimiter)} in it between quotes`;
}

/** Returns a function that picks the cells of the wanted columns. */
function picker(names: readonly string[], wanted: readonly string[]): (cells: readonly string[]) => readonly string[] {
  const places = wanted.map((name) => names.indexOf(name));
  if (places.length === names.length && places.every((place, index) => place === index)) return (cells) => cells;
  return (cells) => places.map((place) => cells[place] as string);
}
