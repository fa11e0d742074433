import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';

/** The maximum length of a line in bytes, and the number of bytes read in one turn of the event loop. */
export const maxLineLength = 64 * 1024;

const lineFeed = 0x0a;
const quote = 0x22;

/** Consecutive lines of a file, without line feeds. */
export interface Lines {
  readonly texts: readonly string[];
  /** The 1-based number of the first line. */
  readonly first: number;
  /** Whether the first line was longer than `maxLineLength`; its text is then only its beginning. */
  readonly cut: boolean;
  /** Whether the lines may contain a double quote. */
  readonly quoted: boolean;
  /** Bytes read for these lines. The bytes of all lines add up to the size of the file. */
  readonly bytes: number;
}

/**
 * Reads a text file in chunks of 64 KiB, each in its own turn of the event loop.
 *
 * A line is decoded as UTF-8 if it is valid UTF-8, otherwise as ISO 8859-1, the encoding of MovieLens. A byte order
 * mark is removed. Throws INVALID_DATA if the file cannot be opened.
 */
export async function* readLines(path: string): AsyncGenerator<Lines> {
  const file = await openFile(path);
  const buffer = Buffer.allocUnsafe(maxLineLength);
  let kept = 0;
  let first = 1;
  let beginning: string | undefined;
  try {
    for (;;) {
      const { bytesRead: bytes } = await file.read(buffer, kept, maxLineLength - kept);
      const piece = buffer.subarray(0, kept + bytes);
      const end = bytes === 0 ? piece.length : piece.lastIndexOf(lineFeed);
      if (end < 0) {
        const full = piece.length === maxLineLength;
        if (full) beginning ??= decode(piece);
        kept = full ? 0 : piece.length;
        yield { texts: [], first, cut: false, quoted: false, bytes };
        continue;
      }
      if (bytes === 0 && piece.length === 0 && beginning === undefined) return;
      const texts = decodeLines(piece.subarray(0, end));
      const cut = beginning !== undefined;
      if (beginning !== undefined) texts[0] = beginning;
      if (first === 1) texts[0] = (texts[0] as string).replace(/^\ufeff/, '');
      yield { texts, first, cut, quoted: cut || piece.includes(quote), bytes };
      if (bytes === 0) return;
      first += texts.length;
      beginning = undefined;
      kept = piece.length - (end + 1);
      buffer.copyWithin(0, end + 1, end + 1 + kept);
    }
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const { message } = cause as Error;
    throw new WarmstartError('INVALID_DATA', `expected a readable file at ${path}, got the error ${message}`, {
      cause,
    });
  }
}

function decode(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** One test for all lines is much faster than one for each line, and almost always enough. */
function decodeLines(bytes: Buffer): string[] {
  if (isUtf8(bytes)) return bytes.toString('utf8').split('\n');
  const lines = bytes.toString('latin1').split('\n');
  return lines.map((line) => decode(Buffer.from(line, 'latin1')));
}
