import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';

/** The maximum length of a line in bytes, and the number of bytes read in one turn of the event loop. */
export const maxLineLength = 64 * 1024;

const lineFeed = 0x0a;
const quote = 0x22;

/** A piece of a file. */
export interface Chunk {
  readonly data: Buffer;
  /** Bytes of the file that were read for it; not the length of `data` if the file is compressed. */
  readonly bytes: number;
}

/** Consecutive lines of a file, without line feeds. */
export interface Lines {
  readonly texts: readonly string[];
  /** The 1-based number of the first line. */
  readonly first: number;
  /** Whether the first line was longer than the maximum; its text is then only its beginning. */
  readonly cut: boolean;
  /** Whether the lines may contain a double quote. */
  readonly quoted: boolean;
  /** The numbers of the lines that are not valid UTF-8, if there are any. */
  readonly notUtf8?: ReadonlySet<number>;
  /** Bytes read for these lines. The bytes of all lines add up to the size of the file. */
  readonly bytes: number;
}

/**
 * Reads a file in chunks of 64 KiB, each in its own turn of the event loop. Throws INVALID_DATA if the file cannot be
 * opened or read.
 */
export async function* readChunks(path: string): AsyncGenerator<Chunk> {
  const file = await readable(path, open(path));
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(maxLineLength);
      const { bytesRead: bytes } = await readable(path, file.read(buffer, 0, maxLineLength));
      if (bytes === 0) return;
      yield { data: buffer.subarray(0, bytes), bytes };
    }
  } finally {
    await file.close();
  }
}

/**
 * Splits chunks into lines. No chunk can be longer than the maximum length of a line.
 *
 * A line is decoded as UTF-8 if it is valid UTF-8, otherwise as ISO 8859-1. A byte order mark is removed.
 */
export async function* splitLines(chunks: AsyncIterable<Chunk>, maxLength = maxLineLength): AsyncGenerator<Lines> {
  let first = 1;
  /** The beginning of the line that did not end yet, and whether that is all to know of it. */
  let begun: Buffer = Buffer.alloc(0);
  let cut = false;
  for await (const { data, bytes } of chunks) {
    const end = data.indexOf(lineFeed);
    cut ||= begun.length + (end < 0 ? data.length : end) > maxLength;
    if (end < 0) {
      begun = Buffer.concat([begun, data]).subarray(0, maxLength);
      yield { texts: [], first, cut: false, quoted: false, bytes };
      continue;
    }
    const last = data.lastIndexOf(lineFeed);
    const rest = cut ? data.subarray(end, last) : data.subarray(0, last);
    if (cut) begun = Buffer.concat([begun, data.subarray(0, end)]).subarray(0, maxLength);
    const { texts, notUtf8 } = decodeLines(begun.length === 0 ? rest : Buffer.concat([begun, rest]), first);
    if (first === 1) texts[0] = withoutMark(texts[0] as string);
    const quoted = cut || data.includes(quote) || begun.includes(quote);
    yield { texts, first, cut, quoted, bytes, ...(notUtf8 && { notUtf8 }) };
    first += texts.length;
    cut = false;
    begun = Buffer.from(data.subarray(last + 1));
  }
  if (begun.length === 0) return;
  const text = decode(begun);
  const quoted = cut || begun.includes(quote);
  const invalid = isUtf8(begun) ? {} : { notUtf8: new Set([first]) };
  yield { texts: [first === 1 ? withoutMark(text) : text], first, cut, quoted, bytes: 0, ...invalid };
}

async function readable<T extends FileHandle | { bytesRead: number }>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const { message } = cause as Error;
    throw new WarmstartError('INVALID_DATA', `expected a readable file at ${path}, got the error ${message}`, {
      cause,
    });
  }
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function decode(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** One test for all lines is much faster than one for each line, and almost always enough. */
function decodeLines(bytes: Buffer, first: number): { texts: string[]; notUtf8?: ReadonlySet<number> } {
  if (isUtf8(bytes)) return { texts: bytes.toString('utf8').split('\n') };
  const lines = bytes.toString('latin1').split('\n');
  const pieces = lines.map((line) => Buffer.from(line, 'latin1'));
  const invalid = pieces.flatMap((piece, index) => (isUtf8(piece) ? [] : [first + index]));
  return { texts: pieces.map(decode), notUtf8: new Set(invalid) };
}
