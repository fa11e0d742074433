import { type Lines, maxLineLength } from './read-lines.ts';

/**
 * Joins the lines of a row that has line feeds between quotes. The row takes the place of its first line, and its other
 * lines become empty, so that all lines keep their numbers.
 *
 * A line with an odd number of quotes is joined with the lines up to the next one like this. If `isRow` refuses the
 * result, or if it is longer than the maximum, then the quote is not closed: the lines stay as they are. An unclosed
 * quote therefore costs its own line, and not the lines after it.
 */
export async function* joinQuotedLines(
  pieces: AsyncIterable<Lines>,
  isRow: (text: string) => boolean,
  maxLength = maxLineLength,
): AsyncGenerator<Lines> {
  let open: readonly string[] = [];
  let next = 1;
  for await (const piece of pieces) {
    const { texts, first, cut } = piece;
    next = first + texts.length;
    if (!piece.quoted && open.length === 0) {
      yield piece;
      continue;
    }
    if (cut) {
      // A line that was cut cannot close a quote.
      yield unclosed(open, first);
      open = [];
    }
    const all = [...open, ...texts];
    const closed = joinRows(all, cut ? 1 : 0, isRow, maxLength);
    yield { ...piece, texts: all.slice(0, closed), first: first - open.length };
    open = all.slice(closed);
  }
  if (open.length > 0) yield unclosed(open, next);
}

function unclosed(texts: readonly string[], next: number): Lines {
  return { texts, first: next - texts.length, cut: false, quoted: true, bytes: 0 };
}

/** Joins the rows from `start` on, in place. Returns where a row begins whose last line was not read yet. */
function joinRows(texts: string[], start: number, isRow: (text: string) => boolean, maxLength: number): number {
  for (let index = start; index < texts.length; index++) {
    if (!hasOddQuotes(texts[index] as string)) continue;
    const last = closingLine(texts, index, maxLength);
    if (last === undefined) return index;
    const row = texts.slice(index, last + 1).join('\n');
    if (last === index || !isRow(row)) continue;
    texts[index] = row;
    texts.fill('', index + 1, last + 1);
    index = last;
  }
  return texts.length;
}

/**
 * Returns the line that closes the open quote of a line: the line itself if the row would be too long, and `undefined`
 * if it may be a line that was not read yet.
 */
function closingLine(texts: readonly string[], open: number, maxLength: number): number | undefined {
  let { length } = texts[open] as string;
  for (let index = open + 1; index < texts.length; index++) {
    const text = texts[index] as string;
    length += text.length + 1;
    if (length > maxLength) return open;
    if (hasOddQuotes(text)) return index;
  }
  return undefined;
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let quote = text.indexOf('"'); quote >= 0; quote = text.indexOf('"', quote + 1)) odd = !odd;
  return odd;
}
