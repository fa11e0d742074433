import { quote, WarmstartError } from '../../common/errors.ts';
import type { Batch, OnReject, Sourced } from '../dataset.ts';
import { excerpt, tooLong } from '../row-text.ts';
import { checkWanted, isRecord, valueAt } from './columns.ts';
import { type JsonRow, parseJsonRow } from './parse-json.ts';
import type { Cell, Table } from './table.ts';
import { maxRowLength, type TextInput } from './text-input.ts';

/** The number of rows whose keys are the columns. */
const sampledRows = 1000;

/** The maximum number of columns that are found. An object can be a map with a key for each of many things. */
const maxColumns = 10_000;

/** The maximum number of keys in the path of a column. */
const maxDepth = 8;

/**
 * Opens a text with a JSON object in each line. A key is a column, and so is a path to a key of an inner object, such
 * as `properties.price`.
 *
 * Throws INVALID_DATA if the text is an array, or if no object is in its first thousand lines.
 */
export async function openJsonLines(text: TextInput): Promise<Table> {
  const { file, bytes } = text;
  const columns = await findColumns(text);
  return { file, columns, bytes, rows: (wanted, onReject) => readJsonLines(text, columns, wanted, onReject) };
}

async function findColumns(text: TextInput): Promise<string[]> {
  const lines = await sampleLines(text);
  const rows = lines.map(({ line }) => parseJsonRow(line));
  const objects = rows.filter((row) => typeof row !== 'string');
  const [{ line, number }] = lines as [SampledLine];
  const begunArray = typeof rows[0] === 'string' && line.startsWith('[') && !line.endsWith(']');
  if (begunArray || objects.length === 0)
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a JSON object in each line of ${text.file}, got ${quote(line)} in line ${number}; make JSON Lines with ` +
        `jq -c '.[]' if the file is an array, or else with jq -c .`,
    );
  const paths = new Set<string>();
  for (const object of objects) addPaths(paths, object, '', 1);
  return [...paths];
}

interface SampledLine {
  readonly line: string;
  readonly number: number;
}

/** Returns the first thousand lines that are not empty. */
async function sampleLines(text: TextInput): Promise<SampledLine[]> {
  const found: SampledLine[] = [];
  for await (const { texts, first } of text.peek()) {
    for (const [index, line] of texts.entries()) {
      if (line.trim() !== '') found.push({ line: line.trim(), number: first + index });
      if (found.length === sampledRows) return found;
    }
  }
  return found;
}

function addPaths(paths: Set<string>, row: JsonRow, before: string, depth: number): void {
  for (const [key, value] of Object.entries(row)) {
    if (paths.size >= maxColumns) return;
    paths.add(`${before}${key}`);
    if (depth < maxDepth && isRecord(value)) addPaths(paths, value, `${before}${key}.`, depth + 1);
  }
}

async function* readJsonLines(
  text: TextInput,
  existing: readonly string[],
  columns: readonly string[],
  onReject: OnReject,
): AsyncGenerator<Batch<readonly Cell[]>> {
  const { file } = text;
  checkWanted(file, existing, columns);
  for await (const { texts, first, cut, bytes } of text.read()) {
    const rows: Sourced<readonly Cell[]>[] = [];
    for (let index = 0; index < texts.length; index++) {
      const row = texts[index] as string;
      if (row.trim() === '') continue;
      const line = first + index;
      const value = cut && index === 0 ? tooLong(maxRowLength) : parseJsonRow(row);
      if (typeof value === 'string') onReject({ file, line, reason: value, row: excerpt(row) });
      else rows.push({ record: columns.map((path) => valueAt(value, path)), file, line, row });
    }
    yield { rows, bytes };
  }
}
