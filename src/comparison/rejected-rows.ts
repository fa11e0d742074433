import type { OnReject, Reject } from '../datasets/dataset.ts';

/** How many rows of a file could not be used, and the first of them. */
export interface RejectedRows {
  readonly file: string;
  readonly count: number;
  readonly first: Pick<Reject, 'line' | 'reason'>;
}

/** Counts rejected rows by file, since a whole file may be of no use. */
export class RejectedRowsByFile {
  readonly #byFile = new Map<string, RejectedRows>();

  /** `path` names the file instead of its base name, where another has the same. */
  counter(path?: string): OnReject {
    return ({ file, line, reason }) => {
      const name = path ?? file;
      const before = this.#byFile.get(name) ?? { file: name, count: 0, first: { line, reason } };
      this.#byFile.set(name, { ...before, count: before.count + 1 });
    };
  }

  all(): RejectedRows[] {
    return [...this.#byFile.values()];
  }
}
