import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { type ParquetBatch, type ParquetColumn, writeParquet } from '../../../src/datasets/tables/write-parquet.ts';

describe('writeParquet', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-parquet-'));
    file = join(folder, 'rows.parquet');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const columns: readonly ParquetColumn[] = [
    { name: 'id', type: 'text' },
    { name: 'at', type: 'time' },
    { name: 'open', type: 'boolean' },
    {
      name: 'features',
      type: 'structure',
      columns: [
        { name: 'a.b', type: 'number' },
        { name: 'genres', type: 'texts' },
      ],
    },
  ];

  async function* once(...batches: ParquetBatch[]): AsyncGenerator<ParquetBatch> {
    yield* batches;
  }

  test('keeps the types of values, missing ones, and lists of any length', async () => {
    const at = '0001-01-01T00:00:00.001Z';
    const rows = [
      { id: '9007199254740993', at, open: true, features: { 'a.b': 0.1, genres: ['', 'ä\n'] } },
      { id: '', at: '2026-01-01T00:00:00.000Z', open: false, features: { 'a.b': null, genres: [] } },
      { id: null, at: '9999-12-31T23:59:59.999Z', open: null, features: { 'a.b': -1e300, genres: null } },
    ];
    await writeParquet(file, columns, once({ rows, bytes: 10 }, { rows: [], bytes: 1 }));
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
    expect(read).toEqual(rows.map((row) => ({ ...row, at: new Date(row.at) })));
  });

  test('ends a row group after 8 MiB of rows', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => ({ id: `u${index}` }));
    const batches = Array.from({ length: 9 }, () => ({ rows, bytes: 2 ** 21 }));
    await writeParquet(file, columns.slice(0, 1), once(...batches));
    const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(file));
    expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([40, 40, 10]);
  });
});
