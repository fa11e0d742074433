import { isUtf8 } from 'node:buffer';
import { WarmstartError } from '../../common/errors.ts';
import type { Chunk } from '../read-lines.ts';
import type { TableFormat } from './table.ts';

export type Encoding = NonNullable<TableFormat['encoding']>;

const marks: readonly { readonly mark: Buffer; readonly encoding: Encoding }[] = [
  { mark: Buffer.of(0xef, 0xbb, 0xbf), encoding: 'utf-8' },
  { mark: Buffer.of(0xff, 0xfe), encoding: 'utf-16le' },
  { mark: Buffer.of(0xfe, 0xff), encoding: 'utf-16be' },
];

/**
 * Returns the encoding of a text that begins like this: the stated one, or else that of the byte order mark, or else
 * UTF-8. Throws INVALID_DATA if the text cannot be in this encoding.
 */
export function encodingOf(file: string, head: Buffer, stated: Encoding | undefined): Encoding {
  const marked = marks.find(({ mark }) => head.subarray(0, mark.length).equals(mark))?.encoding;
  const encoding = stated ?? marked ?? 'utf-8';
  const found = marked ?? likelyInstead(encoding, head, stated !== undefined);
  if (found === encoding) return encoding;
  const sign = marked ? `a byte order mark of ${found}` : `text that is most likely in ${found}`;
  throw new WarmstartError(
    'INVALID_DATA',
    `expected ${file} to be in ${encoding}, got ${sign}; state the encoding ${found}`,
  );
}

/** Converts chunks of text in any encoding to UTF-8. */
export async function* toUtf8(chunks: AsyncIterable<Chunk>, encoding: Encoding): AsyncGenerator<Chunk> {
  if (encoding === 'utf-8') return yield* chunks;
  const textOf = decoders[encoding]();
  for await (const { data, bytes } of chunks) yield { data: Buffer.from(textOf(data), 'utf8'), bytes };
}

/** What windows-1252 has for the bytes from 0x80 to 0x9f, which are control characters in latin1. */
const windowsCharacters = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** How chunks are decoded, one after the other. A character of UTF-16 can be in two chunks. */
const decoders: Readonly<Record<Exclude<Encoding, 'utf-8'>, () => (data: Buffer) => string>> = {
  'utf-16le': () => wideDecoder('utf-16le'),
  'utf-16be': () => wideDecoder('utf-16be'),
  // The decoders of the web read latin1 as windows-1252, and those of Node.js can read windows-1252 as latin1.
  latin1: () => (data) => data.toString('latin1'),
  'windows-1252': () => (data) =>
    data
      .toString('latin1')
      .replace(/[\x80-\x9f]/g, (character) => windowsCharacters[character.charCodeAt(0) - 0x80] as string),
};

function wideDecoder(encoding: 'utf-16le' | 'utf-16be'): (data: Buffer) => string {
  const decoder = new TextDecoder(encoding);
  return (data) => decoder.decode(data, { stream: true });
}

/** Returns a more likely encoding of text without a byte order mark, or the same one. */
function likelyInstead(encoding: Encoding, head: Buffer, stated: boolean): Encoding {
  // In UTF-16, every line feed and every comma has a zero byte: the second one if the low byte comes first.
  const zeros = [0, 0] as [number, number];
  for (let index = head.indexOf(0); index >= 0; index = head.indexOf(0, index + 1)) zeros[index & 1]!++;
  const wide: Encoding = zeros[1] > zeros[0] ? 'utf-16le' : 'utf-16be';
  const narrow = narrowEncoding(encoding, head);
  if (encoding.startsWith('utf-16')) return zeros[0] + zeros[1] > 0 ? wide : narrow;
  // A few zeros are damage, which costs their rows. Zeros at all places are binary data.
  if (Math.max(...zeros) > head.length / 8 && Math.min(...zeros) < Math.max(...zeros) / 4) return wide;
  if (!stated) return encoding;
  const ascii = head.every((byte) => byte < 0x80);
  return ascii ? encoding : narrow;
}

/** Returns UTF-8 if the text is UTF-8, or else the stated encoding of single bytes, or the one that fits better. */
function narrowEncoding(encoding: Encoding, head: Buffer): Encoding {
  if (isUtf8(head.subarray(0, head.lastIndexOf(0x0a) + 1))) return 'utf-8';
  if (encoding === 'latin1' || encoding === 'windows-1252') return encoding;
  return head.some((byte) => byte >= 0x80 && byte <= 0x9f) ? 'windows-1252' : 'latin1';
}
