import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { WarmstartError } from '../../common/errors.ts';
import { type Chunk, maxLineLength, readChunks } from '../read-lines.ts';

/** What messages call standard input, which has no name of a file. */
export const standardInput = 'standard input';

/** Bytes that can be looked at before they are read. */
export interface Input {
  /** The base name of the file, or `standard input`. */
  readonly file: string;
  /** The path of a file that can be read in any order; `undefined` for pipes and standard input. */
  readonly path: string | undefined;
  /** The size in bytes; 0 if it is not known. */
  readonly bytes: number;
  /** Yields chunks of at most 64 KiB from the start, and leaves all of them unread. Stop early. */
  peek(): AsyncIterable<Chunk>;
  /** Yields chunks of at most 64 KiB from the start. Throws INVALID_DATA if a pipe was read before. */
  read(): AsyncIterable<Chunk>;
}

/** Opens a file, a pipe, or standard input as `-`. Throws INVALID_DATA if there is none, or if it is a folder. */
export async function openInput(path: string): Promise<Input> {
  if (path === '-') return new PipeInput(standardInput, () => process.stdin);
  const found = await statusOf(path);
  if (found.isDirectory())
    throw new WarmstartError('INVALID_DATA', `expected a file at ${path}, got a folder; name a file in it`);
  const file = basename(path);
  if (!found.isFile()) return new PipeInput(file, () => createReadStream(path));
  return { file, path, bytes: found.size, peek: () => readChunks(path), read: () => readChunks(path) };
}

/** Returns what is at a path. Throws INVALID_DATA if there is nothing, or if it cannot be accessed. */
export async function statusOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = code === 'ENOENT' ? 'nothing' : `the error ${message}`;
    throw new WarmstartError('INVALID_DATA', `expected a file at ${path}, got ${got}; check the path`, { cause });
  }
}

/** Bytes that come only once. It holds those that were looked at until they are read. */
class PipeInput implements Input {
  readonly file: string;
  readonly path = undefined;
  readonly bytes = 0;
  readonly #open: () => Readable;
  readonly #held: Chunk[] = [];
  #stream: Readable | undefined;
  #chunks: AsyncIterator<Chunk> | undefined;
  #wasRead = false;

  constructor(file: string, open: () => Readable) {
    this.file = file;
    this.#open = open;
  }

  async *peek(): AsyncGenerator<Chunk> {
    for (let index = 0; ; index++) {
      const chunk = this.#held[index] ?? (await this.#next());
      if (chunk === undefined) return;
      this.#held[index] = chunk;
      yield chunk;
    }
  }

  async *read(): AsyncGenerator<Chunk> {
    if (this.#wasRead)
      throw new WarmstartError(
        'INVALID_DATA',
        `expected to read ${this.file} once, got a second reading; save it as a file and name that file`,
      );
    this.#wasRead = true;
    try {
      yield* this.#held.splice(0);
      for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
    } finally {
      this.#stream?.destroy();
    }
  }

  async #next(): Promise<Chunk | undefined> {
    this.#stream ??= this.#open();
    this.#chunks ??= chunksOf(this.#stream);
    try {
      const { done, value } = await this.#chunks.next();
      return done ? undefined : value;
    } catch (cause) {
      const { message } = cause as Error;
      const text = `expected to read ${this.file}, got the error ${message}; check the program that writes it`;
      throw new WarmstartError('INVALID_DATA', text, { cause });
    }
  }
}

async function* chunksOf(stream: Readable): AsyncGenerator<Chunk, undefined> {
  for await (const part of stream) {
    const data = Buffer.from(part);
    for (let start = 0; start < data.length; start += maxLineLength) {
      const piece = data.subarray(start, start + maxLineLength);
      yield { data: piece, bytes: piece.length };
    }
  }
}
