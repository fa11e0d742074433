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
      const before = this.#byFile.get(name);
      // Rows that are none are reported a batch ahead of those that name something unknown.
      const first = before && before.first.line <= line ? before.first : { line, reason };
      this.#byFile.set(name, { file: name, count: (before?.count ?? 0) + 1, first });
    };
  }

  all(): RejectedRows[] {
    return [...this.#byFile.values()];
  }
}
