import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { WarmstartError } from '../common/errors.ts';
import { type BackupHeader, type BackupTable, isLaterFormat, parseEnd, parseHeader } from './backup-format.ts';

/** Receives the rows of a table, in the text format of COPY, and reads all of them. */
export type RowsReader = (table: BackupTable, rows: AsyncIterable<Buffer>) => Promise<void>;

/** Receives how many bytes of the file are read. */
export type OnBytes = (read: number) => void;

const lineFeed = 0x0a;
/** A header has a few kilobytes. */
const maxLineBytes = 2 ** 24;

/**
 * Reads a whole backup, and returns its header. Memory does not grow with it.
 *
 * Throws INVALID_DATA if the file is incomplete or altered, if it is no backup, or if it has a later format, and
 * INVALID_CONFIGURATION if it cannot be read. An altered row can reach `readRows` before.
 */
export async function readBackup(
  path: string,
  readRows: RowsReader,
  onBytes: OnBytes = () => {},
): Promise<BackupHeader> {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 });
  let read = 0;
  file.on('data', (chunk) => {
    read += chunk.length;
    onBytes(read);
  });
  const unpacked = createGunzip({ chunkSize: 2 ** 18 });
  // An error of the file is one of the unpacked content, too, where it is caught.
  pipeline(file, unpacked, () => {});
  try {
    return await new BackupReader(path, unpacked).readAll(readRows);
  } finally {
    unpacked.destroy();
  }
}

/** Checks a whole backup. Throws like `readBackup`. */
export function checkBackup(path: string, onBytes?: OnBytes): Promise<BackupHeader> {
  return readBackup(path, discard, onBytes);
}

async function discard(_table: BackupTable, rows: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of rows);
}

class BackupReader {
  readonly #path: string;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #hash = createHash('sha256');
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, content: AsyncIterable<Buffer>) {
    this.#path = path;
    this.#chunks = content[Symbol.asyncIterator]();
  }

  async readAll(readRows: RowsReader): Promise<BackupHeader> {
    const header = await this.#header();
    for (const table of header.tables) await readRows(table, this.#rows());
    const sha256 = this.#hash.digest('hex');
    const end = this.#parse(await this.#line(), parseEnd);
    if (end.sha256 !== sha256) throw this.#damaged('its content does not have its checksum');
    await this.#end();
    return header;
  }

  async #header(): Promise<BackupHeader> {
    const line = await this.#line();
    this.#hash.update(line);
    return this.#parse(line, (value) => {
      if (!isLaterFormat(value)) return parseHeader(value);
      const message = `${this.#path} has a later format than this version of Warmstart reads; restore it with the version that made it, or a later one`;
      throw new WarmstartError('INVALID_DATA', message);
    });
  }

  async *#rows(): AsyncGenerator<Buffer> {
    for (let left = await this.#size(); left > 0; left = await this.#size())
      while (left > 0) {
        const part = await this.#take(left);
        this.#hash.update(part);
        left -= part.length;
        yield part;
      }
  }

  async #size(): Promise<number> {
    const line = await this.#line();
    this.#hash.update(line);
    const size = Number(line.toString());
    if (Number.isSafeInteger(size) && size >= 0) return size;
    throw this.#damaged('it has no size where one is expected');
  }

  async #end(): Promise<void> {
    if (this.#rest.length > 0 || !(await this.#chunk()).done) throw this.#damaged('it goes on after its end mark');
  }

  /** Returns a line with its end. */
  async #line(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < maxLineBytes; ) {
      const chunk = await this.#take(Number.POSITIVE_INFINITY);
      const end = chunk.indexOf(lineFeed);
      parts.push(end < 0 ? chunk : chunk.subarray(0, end + 1));
      if (end < 0) bytes += chunk.length;
      else {
        this.#rest = chunk.subarray(end + 1);
        return Buffer.concat(parts);
      }
    }
    throw this.#damaged('it has no end of a line where one is expected');
  }

  /** Returns the next bytes: at least 1, and at most `max`. */
  async #take(max: number): Promise<Buffer> {
    while (this.#rest.length === 0) this.#rest = await this.#next();
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#chunk();
    if (done) throw this.#damaged('it has no end mark');
    return value;
  }

  async #chunk(): Promise<IteratorResult<Buffer>> {
    try {
      return await this.#chunks.next();
    } catch (cause) {
      const { syscall, message } = cause as NodeJS.ErrnoException;
      if (syscall === undefined) throw this.#damaged(message, cause);
      throw new WarmstartError('INVALID_CONFIGURATION', `cannot read ${this.#path}: ${message}`, { cause });
    }
  }

  #parse<T>(line: Buffer, parse: (value: unknown) => T): T {
    try {
      return parse(JSON.parse(line.toString()));
    } catch (cause) {
      if (cause instanceof WarmstartError) throw cause;
      throw this.#damaged('its first or last line is not that of a backup', cause);
    }
  }

  #damaged(reason: string, cause?: unknown): WarmstartError {
    const message = `expected a complete backup, got ${this.#path}, which is damaged or no backup (${reason}); nothing was changed; use another copy`;
    return new WarmstartError('INVALID_DATA', message, { cause });
  }
}
