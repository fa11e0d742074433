import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { PoolClient } from 'pg';
import type { Dataset } from '../datasets/dataset.ts';
import { exportColumns } from '../datasets/mapping/export-columns.ts';
import type { ExportedKind } from '../datasets/mapping/export-mapping.ts';
import { splitLines } from '../datasets/read-lines.ts';
import { type ParquetBatch, writeParquet } from '../datasets/tables/write-parquet.ts';
import { copyJsonLines, linesIn } from '../store/copy.ts';

/** What a file gets: the rows of one kind. */
export interface ExportedPart {
  readonly kind: ExportedKind;
  /** A query of the rows, in one column of JSON. */
  readonly query: string;
  readonly fields: Dataset['fields'];
}

/** How exported files are written. */
interface FormatOfFiles {
  readonly suffix: string;
  /** Writes a file. `onLines` receives how many more rows are written. */
  readonly write: (
    client: PoolClient,
    part: ExportedPart,
    path: string,
    onLines: (lines: number) => void,
  ) => Promise<void>;
}

/** The formats of exported files. */
export const exportFormats = {
  jsonl: {
    suffix: '.jsonl',
    write: (client, { query }, path, onLines) =>
      pipeline(copyJsonLines(client, query), countLines(onLines), createWriteStream(path)),
  },
  jsonlGzip: {
    suffix: '.jsonl.gz',
    write: (client, { query }, path, onLines) =>
      pipeline(copyJsonLines(client, query), countLines(onLines), createGzip(), createWriteStream(path)),
  },
  parquet: {
    suffix: '.parquet',
    write: (client, { kind, query, fields }, path, onLines) =>
      writeParquet(path, exportColumns(kind, fields), readRecords(client, query, onLines)),
  },
} as const satisfies Record<string, FormatOfFiles>;

export type ExportFormat = keyof typeof exportFormats;

/** Reports the lines that pass. */
function countLines(onLines: (lines: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onLines(linesIn(chunk));
      done(null, chunk);
    },
  });
}

async function* readRecords(
  client: PoolClient,
  query: string,
  onLines: (lines: number) => void,
): AsyncGenerator<ParquetBatch> {
  // A row is as long as its features and its title together.
  for await (const { texts, bytes } of splitLines(chunksOf(client, query), Number.POSITIVE_INFINITY)) {
    yield { rows: texts.map((text) => JSON.parse(text)), bytes };
    onLines(texts.length);
  }
}

async function* chunksOf(client: PoolClient, query: string): AsyncGenerator<{ data: Buffer; bytes: number }> {
  for await (const data of copyJsonLines(client, query)) yield { data, bytes: data.length };
}
