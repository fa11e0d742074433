import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import type { InteractionPage } from './interaction-page.ts';

/** Pages of the same size in a temporary file, which is gone when the process ends, however it ends. */
export class PageFile {
  readonly #directory: string;
  #handle: FileHandle | undefined;
  #pages = 0;

  constructor(directory = tmpdir()) {
    this.#directory = directory;
  }

  /** Appends a page and returns its number. Throws INVALID_CONFIGURATION if the folder has no room for it. */
  async append({ bytes }: InteractionPage): Promise<number> {
    try {
      this.#handle ??= await openNameless(this.#directory);
      await this.#handle.write(bytes, 0, bytes.length, this.#pages * bytes.length);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WarmstartError(
        'INVALID_CONFIGURATION',
        `cannot sort interactions in the folder ${this.#directory}: ${reason}; make room there, or set TMPDIR to another folder`,
        { cause },
      );
    }
    return this.#pages++;
  }

  async read(number: number, { bytes }: InteractionPage): Promise<void> {
    await (this.#handle as FileHandle).read(bytes, 0, bytes.length, number * bytes.length);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** The system keeps a file without a name as long as it is open. */
async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `warmstart-interactions-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}
