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
  // The web's latin1 decoder reads another encoding, windows-1252.
  const decoder = encoding === 'latin1' ? undefined : new TextDecoder(encoding);
  for await (const { data, bytes } of chunks) {
    const text = decoder?.decode(data, { stream: true }) ?? data.toString('latin1');
    yield { data: Buffer.from(text, 'utf8'), bytes };
  }
}

/** Returns a more likely encoding of text without a byte order mark, or the same one. */
function likelyInstead(encoding: Encoding, head: Buffer, stated: boolean): Encoding {
  // In UTF-16, every line feed and every comma has a zero byte: the second one if the low byte comes first.
  const zeros = [0, 0] as [number, number];
  for (let index = head.indexOf(0); index >= 0; index = head.indexOf(0, index + 1)) zeros[index & 1]!++;
  const wide: Encoding = zeros[1] > zeros[0] ? 'utf-16le' : 'utf-16be';
  const narrow: Encoding = isUtf8(head.subarray(0, head.lastIndexOf(0x0a) + 1)) ? 'utf-8' : 'latin1';
  if (encoding.startsWith('utf-16')) return zeros[0] + zeros[1] > 0 ? wide : narrow;
  // A few zeros are damage, which costs their rows. Zeros at all places are binary data.
  if (Math.max(...zeros) > head.length / 8 && Math.min(...zeros) < Math.max(...zeros) / 4) return wide;
  if (!stated) return encoding;
  const ascii = head.every((byte) => byte < 0x80);
  return ascii ? encoding : narrow;
}
