import { type Chunk, type Lines, splitLines } from '../read-lines.ts';
import { noRows } from './columns.ts';
import { type Compression, decompress } from './decompress.ts';
import type { Input } from './input.ts';
import { checkIsTable, checkIsText } from './recognize-type.ts';

import { type Encoding, encodingOf, toUtf8 } from './text-encoding.ts';

/** The maximum length of a row of a table in bytes of UTF-8. */
export const maxRowLength = 1024 * 1024;

/** How many bytes are looked at to recognize what a file is. */
const headLength = 64 * 1024;

/** The lines of a file, whatever its compression and its encoding. */
export interface TextInput {
  readonly file: string;
  readonly bytes: number;
  /** Yields lines from the start, and leaves all of them unread. Stop early. */
  peek(): AsyncIterable<Lines>;
  /** Yields the lines from the start. Throws INVALID_DATA if a pipe was read before. */
  read(): AsyncIterable<Lines>;
}

/** Opens a text. Throws INVALID_DATA if it is empty, binary, damaged, or in another encoding than the stated one. */
export async function openText(
  input: Input,
  compression: Compression,
  stated: Encoding | undefined,
): Promise<TextInput> {
  const { file, bytes } = input;
  const head = await headOf(decompress(file, input.peek(), compression));
  if (head.length === 0) throw noRows(file, 'an empty file');
  checkIsTable(file, head);
  const encoding = encodingOf(file, head, stated);
  if (!encoding.startsWith('utf-16')) checkIsText(file, head);
  const lines = (chunks: AsyncIterable<Chunk>) =>
    splitLines(toUtf8(decompress(file, chunks, compression), encoding), maxRowLength);
  return { file, bytes, peek: () => lines(input.peek()), read: () => lines(input.read()) };
}

/** Returns the first 64 KiB of chunks, or more. */
export async function headOf(chunks: AsyncIterable<Chunk>): Promise<Buffer> {
  const found: Buffer[] = [];
  let length = 0;
  for await (const { data } of chunks) {
    found.push(data);
    length += data.length;
    if (length >= headLength) break;
  }
  return Buffer.concat(found);
}
