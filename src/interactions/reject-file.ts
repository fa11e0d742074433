import { closeSync, openSync, writeSync } from 'node:fs';
import type { Reject } from '../datasets/dataset.ts';

/** A CSV file of rows that could not be loaded: file, line, reason, row. It is made at the first reject. */
export class RejectFile {
  readonly path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Written at once, so that the file tells how far a load came that dies on the way. */
  add({ file, line, reason, row }: Reject): void {
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.path, 'w');
      writeSync(this.#descriptor, 'file,line,reason,row\n');
    }
    writeSync(this.#descriptor, `${[file, String(line), reason, row].map(csvField).join(',')}\n`);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
