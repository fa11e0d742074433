import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { WarmstartError } from '../common/errors.ts';
import type { Reject } from '../datasets/dataset.ts';

/** A CSV file of rejected rows with the columns file, line, reason and row. Without rejects, no file remains. */
export class RejectFile {
  readonly path: string;
  readonly #descriptor: number;
  #rejects = 0;

  /** Replaces an existing file. Throws INVALID_CONFIGURATION if the file cannot be written. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WarmstartError('INVALID_CONFIGURATION', `--rejects: cannot write rejected rows to ${path}: ${reason}`, {
        cause,
      });
    }
    writeSync(this.#descriptor, 'file,line,reason,row\n');
  }

  /** Writes immediately, so that the file shows how far an interrupted load came. */
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
