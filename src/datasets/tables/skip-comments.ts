import type { Lines } from '../read-lines.ts';
import { withoutReturn } from '../row-text.ts';
import { splitRow } from '../split-row.ts';
import type { TextInput } from './text-input.ts';

const comment = /^(?:#|\/\/|;)/;

/**
 * Returns the number of lines at the beginning of a text that are comments, such as `# exported 2026-11-01`. A line is one
 * if it begins with `#`, `//` or `;` and no delimiter gives it as many cells, more than one, as the first line that does
 * not begin so. Otherwise, it may be a row, such as a header whose first column is `#`.
 */
export function countComments(lines: readonly Lines[], delimiters: readonly string[]): number {
  const texts = lines.flatMap((group) => group.texts).map(withoutReturn);
  const isMarked = (text: string) => comment.test(text) || text === '';
  const count = texts.findIndex((text) => !isMarked(text));
  if (count < 1) return 0;
  const header = texts[count] as string;
  const dividing = delimiters.filter((delimiter) => widthOf(header, delimiter) > 1);
  // A header with one column does not tell comments and rows apart.
  if (dividing.length === 0) return 0;
  const mayBeRow = (text: string) =>
    dividing.some((delimiter) => widthOf(text, delimiter) === widthOf(header, delimiter));
  const firstRow = texts.slice(0, count).findIndex((text) => text !== '' && mayBeRow(text));
  return firstRow < 0 ? count : firstRow;
}

/** Returns a text whose first lines are empty, so that all lines keep their numbers. */
export function withEmptyLines(text: TextInput, count: number): TextInput {
  if (count === 0) return text;
  return { ...text, peek: () => emptied(text.peek(), count), read: () => emptied(text.read(), count) };
}

async function* emptied(groups: AsyncIterable<Lines>, count: number): AsyncGenerator<Lines> {
  for await (const lines of groups) {
    const { first, texts } = lines;
    if (first > count) yield lines;
    else yield { ...lines, texts: texts.map((text, index) => (first + index <= count ? '' : text)) };
  }
}

function widthOf(text: string, delimiter: string): number {
  const cells = splitRow(text, delimiter);
  return typeof cells === 'string' ? 0 : cells.length;
}
