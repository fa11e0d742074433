import type { Cell } from '../tables/table.ts';
import type { Read } from './column-reads.ts';
import { Problem } from './problem.ts';

/** A section of a table in which only one row may have an ID. */
export interface UniqueSection {
  /** The place of the section among those of the table. */
  readonly index: number;
  /** The column of the ID. */
  readonly column: string;
  readonly readId: Read<string>;
}

/** Finds the rows that repeat an ID in one reading of a table. Holds the IDs in memory. */
export class RepeatedIds {
  readonly #sections: readonly (UniqueSection & { readonly lines: Map<string, number> })[];

  constructor(sections: readonly UniqueSection[]) {
    this.#sections = sections.map((section) => ({ ...section, lines: new Map() }));
  }

  /**
   * Returns the first section in which an earlier row has the ID of this row. If there is none, later rows must not repeat
   * the IDs of this row. All sections must be able to read it.
   */
  find(cells: readonly Cell[], line: number): { readonly index: number; readonly problem: Problem } | undefined {
    for (const { index, column, readId, lines } of this.#sections) {
      const id = readId(cells) as string;
      const before = lines.get(id);
      if (before !== undefined)
        return { index, problem: new Problem(column, 'each ID in one row', id, `line ${before} has it too`) };
    }
    for (const { readId, lines } of this.#sections) lines.set(readId(cells) as string, line);
    return undefined;
  }
}
