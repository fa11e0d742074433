import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { WarmstartError } from '../common/errors.ts';
import { type BackupHeader, isLaterFormat, parseEnd, parseHeader } from './backup-format.ts';
import { ByteReader } from './byte-reader.ts';
import type { StoredTable } from './stored-tables.ts';

/** Receives the rows of a table, in the text format of COPY, and reads all of them. */
export type RowsReader = (table: StoredTable, rows: AsyncIterable<Buffer>) => Promise<void>;

/** Receives how many bytes of the file are read. */
export type OnBytes = (read: number) => void;

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

/** The error for a backup that cannot be read to its end. */
export function damagedBackup(path: string, reason: string, cause?: unknown): WarmstartError {
  const message = `expected a complete backup, got ${path}, which is damaged or no backup (${reason}); nothing was changed; use another copy`;
  return new WarmstartError('INVALID_DATA', message, { cause });
}

class BackupReader {
  readonly #path: string;
  readonly #bytes: ByteReader;
  readonly #hash = createHash('sha256');

  constructor(path: string, content: AsyncIterable<Buffer>) {
    this.#path = path;
    this.#bytes = new ByteReader(content);
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
    if (!(await this.#read(this.#bytes.hasEnded()))) throw this.#damaged('it goes on after its end mark');
  }

  async #line(): Promise<Buffer> {
    return this.#present(await this.#read(this.#bytes.line()));
  }

  async #take(max: number): Promise<Buffer> {
    return this.#present(await this.#read(this.#bytes.take(max)));
  }

  #present(bytes: Buffer | undefined): Buffer {
    if (bytes === undefined) throw this.#damaged('it has no end mark');
    return bytes;
  }

  /** Turns a failure of decompressing or of the file system into one of the backup. */
  async #read<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
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
    return damagedBackup(this.#path, reason, cause);
  }
}
