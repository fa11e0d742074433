import { closeSync, fstatSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { WarmstartError } from '../common/errors.ts';
import type { Reject } from '../datasets/dataset.ts';

const header = 'file,line,reason,row\n';

/** A CSV file of rejected rows with the columns file, line, reason and row. Without rejects, no file remains. */
export class RejectFile {
  readonly path: string;
  readonly #descriptor: number;
  #rejects = 0;

  /**
   * Replaces a reject file of an earlier load. Throws INVALID_CONFIGURATION if another file is there, or if the file
   * cannot be written.
   */
  constructor(path: string) {
    this.path = path;
    try {
      refuseOtherFile(path);
      this.#descriptor = openSync(path, 'w');
    } catch (cause) {
      if (cause instanceof WarmstartError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WarmstartError('INVALID_CONFIGURATION', `--rejects: cannot write rejected rows to ${path}: ${reason}`, {
        cause,
      });
    }
    writeSync(this.#descriptor, header);
  }

  /** Writes immediately, so that the file shows how far an interrupted load came. */
  add({ file, line, reason, row }: Reject): void {
    this.#rejects++;
    writeSync(this.#descriptor, `${[file, String(line), reason, row].map(csvField).join(',')}\n`);
  }

  close(): void {
    // A device such as /dev/null stays.
    const isFile = fstatSync(this.#descriptor).isFile();
    closeSync(this.#descriptor);
    if (this.#rejects === 0 && isFile) rmSync(this.path);
  }
}

/** Throws INVALID_CONFIGURATION if a file is there that has content and does not begin like a reject file. */
function refuseOtherFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  const start = startOf(path);
  if (start === '' || start === header) return;
  const message = `--rejects: expected a new file or one with the rejected rows of an earlier import, got ${path}, which does not begin with the line ${header.trim()}; name another file, or delete this one`;
  throw new WarmstartError('INVALID_CONFIGURATION', message);
}

/** Returns as much of the start of a file as a header has. */
function startOf(path: string): string {
  const start = Buffer.alloc(header.length);
  const descriptor = openSync(path, 'r');
  try {
    return start.toString('utf8', 0, readSync(descriptor, start));
  } finally {
    closeSync(descriptor);
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
