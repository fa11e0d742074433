import type { Batch, OnReject, Sourced } from '../dataset.ts';
import type { Cell, Table } from '../tables/table.ts';
import { ColumnReads } from './column-reads.ts';
import type { MappedFile, SectionName } from './mapping.ts';
import { Problem } from './problem.ts';
import type { Scales } from './read-interactions.ts';
import { RepeatedIds } from './repeated-ids.ts';
import { type Section, type Sections, sectionsOf } from './table-sections.ts';

/** Receives the ID that a rejected row has in a section; `undefined` if it cannot be read. */
export type OnLost = (id: string | undefined) => void;

/** A table whose rows are read as the sections of a mapping. */
export class MappedTable {
  readonly table: Table;
  readonly #sections: readonly Section[];
  readonly #columns: ColumnReads;

  constructor(table: Table, entry: MappedFile, scales: Scales) {
    this.table = table;
    this.#columns = new ColumnReads(table);
    this.#sections = sectionsOf(this.#columns, entry, scales);
  }

  /** The columns that the mapping names and the table lacks. */
  get missing(): readonly string[] {
    return this.#columns.missing;
  }

  has(name: SectionName): boolean {
    return this.#sections.some((section) => section.name === name);
  }

  /**
   * Yields what the rows say in one section. A row that any section rejects is in no section. It is reported by the first
   * section that rejects it, and a damaged row is reported by the first section of the table. So each row is reported
   * once, if all sections are read.
   */
  async *read<Name extends SectionName>(
    name: Name,
    onReject: OnReject,
    onLost: OnLost = () => {},
  ): AsyncGenerator<Batch<Sections[Name]>> {
    const own = this.#sections.findIndex((section) => section.name === name);
    const { readId } = this.#sections[own] as Section;
    const onDamaged: OnReject = (reject) => {
      onLost(undefined);
      if (own === 0) onReject(reject);
    };
    const repeated = this.#repeatedIds();
    for await (const { rows, bytes } of this.table.rows(this.#columns.columns, onDamaged)) {
      const accepted: Sourced<Sections[Name]>[] = [];
      for (const row of rows) {
        const found = this.#readRow(row, own, repeated);
        if (found === undefined) continue;
        const { file, line, row: text } = row;
        if (!(found instanceof Rejected)) {
          accepted.push({ record: found as Sections[Name], file, line, row: text });
          continue;
        }
        const id = readId(row.record);
        onLost(id instanceof Problem ? undefined : id);
        if (found.section === own) onReject({ file, line, row: text, reason: found.problem.reason });
      }
      yield { rows: accepted, bytes };
    }
  }

  /** Returns what a row says in a section, or which section rejects it; `undefined` if the row is ignored. */
  #readRow(
    { record: cells, line }: Sourced<readonly Cell[]>,
    own: number,
    repeated: RepeatedIds,
  ): Sections[SectionName] | Rejected | undefined {
    let found: Sections[SectionName] | undefined;
    let rejected: Rejected | undefined;
    for (let index = 0; index < this.#sections.length; index++) {
      const value = (this.#sections[index] as Section).read(cells);
      if (value === undefined) return undefined;
      if (value instanceof Problem) rejected ??= new Rejected(index, value);
      else if (index === own) found = value;
    }
    if (rejected !== undefined) return rejected;
    const again = repeated.find(cells, line);
    return again === undefined ? found : new Rejected(again.index, again.problem);
  }

  #repeatedIds(): RepeatedIds {
    const unique = this.#sections.flatMap(({ readId, uniqueColumn: column }, index) =>
      column === undefined ? [] : [{ index, column, readId }],
    );
    return new RepeatedIds(unique);
  }
}

class Rejected {
  readonly section: number;
  readonly problem: Problem;

  constructor(section: number, problem: Problem) {
    this.section = section;
    this.problem = problem;
  }
}
