import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { WarmstartError } from '../../common/errors.ts';
import { type Chunk, maxLineLength } from '../read-lines.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** A kind of compression, and how to recognize it. */
interface Compressor {
  readonly extensions: readonly string[];
  /** The first bytes of such a file. */
  readonly magic: Buffer;
  /** The command that finds out whether a file is damaged. */
  readonly check: string;
  /** Decompresses chunks into chunks of at most 128 KiB. */
  expand(chunks: AsyncIterable<Chunk>): AsyncIterable<Chunk>;
}

export const compressors: Readonly<Record<Exclude<Compression, 'none'>, Compressor>> = {
  gzip: { extensions: ['.gz', '.gzip'], magic: Buffer.of(0x1f, 0x8b), check: 'gzip -t', expand: gunzip },
  zstd: { extensions: ['.zst', '.zstd'], magic: Buffer.of(0x28, 0xb5, 0x2f, 0xfd), check: 'zstd -t', expand: unzstd },
};

/**
 * Decompresses the chunks of a file. The bytes of all chunks add up to those of the compressed file.
 *
 * Throws INVALID_DATA if the file is damaged, or if it has no end.
 */
export async function* decompress(
  file: string,
  chunks: AsyncIterable<Chunk>,
  compression: Compression,
): AsyncGenerator<Chunk> {
  if (compression === 'none') return yield* chunks;
  const { expand, check } = compressors[compression];
  try {
    yield* expand(chunks);
  } catch (cause) {
    if (cause instanceof WarmstartError) throw cause;
    const { message } = cause as Error;
    throw new WarmstartError(
      'INVALID_DATA',
      `expected a whole ${compression} file as ${file}, got a damaged or truncated one (${message}); ` +
        `check it with ${check}, and copy it again`,
      { cause },
    );
  }
}

async function* gunzip(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  let read = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const { data, bytes } of chunks) {
      read += bytes;
      yield data;
    }
  }
  const expanded = createGunzip({ chunkSize: maxLineLength });
  // A failure reaches the loop through the stream too.
  const piped = pipeline(Readable.from(counted()), expanded).catch(() => {});
  let reported = 0;
  for await (const data of expanded) {
    yield { data, bytes: read - reported };
    reported = read;
  }
  await piped;
  yield { data: Buffer.alloc(0), bytes: read - reported };
}

/** Small inputs bound what one of them expands to: 4 bytes can stand for a block of 128 KiB. */
const maxInputLength = 1024;

async function* unzstd(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  const expanded: Buffer[] = [];
  const stream = new Decompress((data) => {
    expanded.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  });
  for await (const { data, bytes } of chunks) {
    for (let start = 0; start < data.length; start += maxInputLength) {
      stream.push(data.subarray(start, start + maxInputLength));
      for (const piece of expanded.splice(0)) {
        yield { data: piece, bytes: 0 };
        await nextTurn();
      }
    }
    yield { data: Buffer.alloc(0), bytes };
  }
  stream.push(new Uint8Array(0), true);
  for (const piece of expanded.splice(0)) yield { data: piece, bytes: 0 };
}
