import type { Dataset, OnReject, Reject } from '../../../src/datasets/dataset.ts';
import { mapTables } from '../../../src/datasets/mapping/mapped-dataset.ts';
import { type MappingInput, parseMapping } from '../../../src/datasets/mapping/mapping.ts';
import type { Cell, Table } from '../../../src/datasets/tables/table.ts';
import { collect } from '../dataset-fixtures.ts';

/** A row that the reader of a file could not split into cells. */
export const damaged = Symbol('damaged');

type Row = readonly Cell[] | typeof damaged;

/** Returns a table with these rows, as a reader of CSV would: the header is line 1, and each row has 10 bytes. */
export function tableOf(file: string, columns: readonly string[], rows: readonly Row[]): Table {
  return {
    file,
    columns,
    bytes: rows.length * 10,
    async *rows(wanted, onReject: OnReject) {
      const read = rows.flatMap((cells, index) => {
        const origin = { file, line: index + 2, row: cells === damaged ? '"' : cells.map(String).join(',') };
        if (cells !== damaged) return [{ ...origin, record: wanted.map((name) => cells[columns.indexOf(name)]) }];
        onReject({ ...origin, reason: 'expected a closing quote, got none' });
        return [];
      });
      yield { rows: read, bytes: rows.length * 10 };
    },
  };
}

/** Returns a table from the text of a CSV file without quotes. */
export function csv(file: string, text: string): Table {
  const [header = '', ...lines] = text.trim().split('\n');
  const cells = (line: string) => line.split(',');
  return tableOf(file, cells(header), lines.map(cells));
}

export const stars = { minimum: 1, maximum: 5 };

export async function mapped(mapping: MappingInput, tables: readonly Table[], scale = stars): Promise<Dataset> {
  return mapTables(parseMapping(mapping), tables, scale);
}

/** Reads all streams of a dataset. */
export async function readAll(dataset: Dataset) {
  const streams = [
    await collect(dataset.users),
    await collect(dataset.items),
    await collect(dataset.scenarios),
    await collect(dataset.interactions),
  ] as const;
  const [users, items, scenarios, interactions] = streams;
  return {
    users: users.records,
    items: items.records,
    scenarios: scenarios.records,
    interactions: interactions.records,
    rejects: streams.flatMap(({ rejects }): Reject[] => rejects),
    bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Returns the file, the line and the reason of each reject. */
export function reasons(rejects: readonly Reject[]): string[] {
  return rejects.map(({ file, line, reason }) => `${file}:${line} ${reason}`);
}
