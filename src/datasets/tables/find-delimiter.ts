import { joinQuotedLines } from '../join-quoted-lines.ts';
import type { Lines } from '../read-lines.ts';
import { withoutReturn } from '../row-text.ts';
import { hasQuotes, splitRow } from '../split-row.ts';
import { maxRowLength } from './text-input.ts';

/** The delimiters that are recognized, the most frequent ones first. */
export const usualDelimiters = [',', ';', '\t', '|'] as const;

/** The rows at the beginning of a file, split at a delimiter. */
export interface Sample {
  readonly delimiter: string;
  /** The cells of the first row, or a text that tells why it has none. */
  readonly first: readonly string[] | string;
  /** The text of the first row, and how many rows come after it. */
  readonly text: string;
  readonly more: number;
  /** The part of the rows that have as many cells as expected: as many as the first row, or as were stated. */
  readonly fitting: number;
}

/** Joins the lines of rows with line feeds in quotes, where a delimiter has quotes. */
export function joinRows(lines: AsyncIterable<Lines>, delimiter: string, width: number | undefined) {
  if (!hasQuotes(delimiter)) return lines;
  const isRow = (text: string) => {
    const cells = splitRow(withoutReturn(text), delimiter);
    return typeof cells !== 'string' && (width === undefined || cells.length === width);
  };
  return joinQuotedLines(lines, isRow, maxRowLength);
}

/**
 * Returns the sample of the usual delimiter that gives the same number of cells, more than one, in most rows. If no
 * delimiter gives more than one cell, this is the comma. `width` is the number of cells if it is known.
 */
export async function findDelimiter(lines: readonly Lines[], width: number | undefined): Promise<Sample> {
  const samples: Sample[] = [];
  for (const delimiter of usualDelimiters) samples.push(await sampleRows(lines, delimiter, width));
  const possible = samples.filter((sample) => cellCount(sample) > 1);
  possible.sort((a, b) => b.fitting - a.fitting || cellCount(b) - cellCount(a));
  return possible[0] ?? (samples[0] as Sample);
}

/** The number of cells in the first row; 0 if it is invalid. */
export function cellCount({ first }: Pick<Sample, 'first'>): number {
  return typeof first === 'string' ? 0 : first.length;
}

/** Splits the rows of the first lines of a file. */
export async function sampleRows(
  lines: readonly Lines[],
  delimiter: string,
  stated: number | undefined,
): Promise<Sample> {
  const { value: text = '' } = await rowsOf(lines, delimiter, stated).next();
  const first = splitRow(text, delimiter);
  const width = stated ?? cellCount({ first });
  let rows = 0;
  let fitting = 0;
  for await (const row of rowsOf(lines, delimiter, width)) {
    const cells = splitRow(row, delimiter);
    rows++;
    if (typeof cells !== 'string' && cells.length === width) fitting++;
  }
  return { delimiter, first, text, more: rows - 1, fitting: fitting / rows };
}

/** Yields the rows that are not empty. */
async function* rowsOf(lines: readonly Lines[], delimiter: string, width: number | undefined): AsyncGenerator<string> {
  async function* each(): AsyncGenerator<Lines> {
    yield* lines;
  }
  for await (const { texts } of joinRows(each(), delimiter, width)) {
    for (const text of texts) {
      const row = withoutReturn(text);
      if (row !== '') yield row;
    }
  }
}
