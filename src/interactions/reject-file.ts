import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { WarmstartError } from '../common/errors.ts';
import type { Reject } from '../datasets/dataset.ts';

/** A CSV file of rows that could not be loaded: file, line, reason, row. Without a reject there is none at the end. */
export class RejectFile {
  readonly path: string;
  readonly #descriptor: number;
  #rejects = 0;

  /** Replaces an earlier file. Throws INVALID_CONFIGURATION when the place cannot be written to. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WarmstartError(
        'INVALID_CONFIGURATION',
        `--rejects: cannot write rejected rows to ${path}: ${reason}`,
        { cause },
      );
    }
    writeSync(this.#descriptor, 'file,line,reason,row\n');
  }

  /** Written at once, so that the file tells how far a load came that dies on the way. */
  add({ file, line, reason, row }: Reject): void {
    this.#rejects++;
    writeSync(this.#descriptor, `${[file, String(line), reason, row].map(csvField).join(',')}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
    if (this.#rejects === 0) rmSync(this.path);
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
