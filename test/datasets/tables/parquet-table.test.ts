import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
import { openTable } from '../../../src/datasets/tables/open-table.ts';
import { folderWith } from '../dataset-fixtures.ts';
import { read, readAll, refusal, tableOf } from './table-fixtures.ts';

type Written = Omit<ParquetWriteOptions, 'writer'>;

const parquet = (written: Written) => Buffer.from(parquetWriteBuffer(written));

/** Rows in groups of a thousand. */
const numbered = (rows: number, codec: Written['codec'] = 'SNAPPY', compressors: Written['compressors'] = {}) =>
  parquet({
    columnData: [
      { name: 'id', data: Array.from({ length: rows }, (_, row) => `item ${row}`), type: 'STRING' },
      { name: 'price', data: Array.from({ length: rows }, (_, row) => row / 2), type: 'DOUBLE' },
      { name: 'unused', data: Array.from({ length: rows }, () => 1), type: 'INT32' },
    ],
    rowGroupSize: 1000,
    codec,
    compressors: { ...compressors },
  });

describe('a Parquet table', () => {
  test('has the rows that were written, in batches that add up to the size of the file', async () => {
    const content = numbered(10_500);
    const table = await tableOf('a.parquet', content);
    expect(table.columns).toEqual(['id', 'price', 'unused']);
    const { rows, bytes } = await readAll(table, ['price', 'id']);
    expect(rows.map(({ record, line }) => [line, ...record])).toEqual(
      Array.from({ length: 10_500 }, (_, row) => [row + 1, row / 2, `item ${row}`]),
    );
    expect(bytes).toBe(content.length);
    expect([rows[1]?.file, rows[1]?.row]).toEqual(['a.parquet', '[0.5,"item 1"]']);
  });

  test('is read group by group', async () => {
    const table = await tableOf('a.parquet', numbered(10_500));
    const sizes: number[] = [];
    for await (const { rows } of table.rows(['id'], () => {})) sizes.push(rows.length);
    expect(sizes).toEqual([...Array.from({ length: 10 }, () => 1000), 500]);
  });

  test.each([
    ['UNCOMPRESSED', {}],
    ['GZIP', { GZIP: gzipSync }],
    ['BROTLI', { BROTLI: brotliCompressSync }],
  ] as const)('can be compressed with %s', async (codec, compressors) => {
    const { records } = await readAll(await tableOf('a.parquet', numbered(1500, codec, compressors)), ['price']);
    expect(records).toEqual(Array.from({ length: 1500 }, (_, row) => [row / 2]));
  });

  test('has numbers, text with all digits, dates, booleans, text, bytes and lists', async () => {
    const time = new Date('2024-02-29T12:34:56.789Z');
    const content = parquet({
      columnData: [
        { name: 'integer', data: [7n, 9007199254740993n, null], type: 'INT64' },
        { name: 'time', data: [time, time, null], type: 'TIMESTAMP' },
        { name: 'flag', data: [true, false, null], type: 'BOOLEAN' },
        { name: 'bytes', data: [Buffer.from('Zoë'), Buffer.of(0xff, 0x00), null], type: 'BYTE_ARRAY' },
        { name: 'json', data: [{ a: { b: [1] } }, [2 ** 53], null], type: 'JSON' },
      ],
    });
    const { records } = await readAll(await tableOf('a.parquet', content));
    expect(records.map((record) => record.map((cell) => cell ?? null))).toEqual([
      [7, time, true, 'Zoë', { a: { b: [1] } }],
      ['9007199254740993', time, false, new Uint8Array([0xff, 0x00]), ['9007199254740992']],
      [null, null, null, null, null],
    ]);
  });

  test('has decimals that are long integers as text with all digits, and other decimals as numbers', async () => {
    const values = [12345678901234567890n, -12345678901234567890n, 42n];
    const content = parquet({
      columnData: [
        { name: 'id', data: values },
        { name: 'price', data: [1.99, 2.5, 0.01] },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        {
          name: 'id',
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 16,
          converted_type: 'DECIMAL',
          precision: 38,
          scale: 0,
          repetition_type: 'REQUIRED',
        },
        {
          name: 'price',
          type: 'INT32',
          converted_type: 'DECIMAL',
          precision: 6,
          scale: 2,
          repetition_type: 'REQUIRED',
        },
      ],
    });
    expect((await readAll(await tableOf('a.parquet', content))).records).toEqual([
      ['12345678901234567890', 1.99],
      ['-12345678901234567890', 2.5],
      [42, 0.01],
    ]);
  });

  test('has paths to the columns inside of structures', async () => {
    const content = parquet({
      columnData: [
        { name: 'id', data: [1, 2, 3] },
        { name: 'properties', data: [{ price: 1.5, tags: ['a'] }, { price: null, tags: [] }, null] },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'properties', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'price', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
        { name: 'tags', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    });
    const table = await tableOf('a.parquet', content);
    expect(table.columns).toEqual(['id', 'properties', 'properties.price', 'properties.tags']);
    const { records } = await readAll(table, ['properties.price', 'id', 'properties.tags']);
    expect(records.map((record) => record.map((cell) => cell ?? null))).toEqual([
      [1.5, 1, ['a']],
      [null, 2, []],
      [null, 3, null],
    ]);
  });

  test('is recognized by its first bytes', async () => {
    expect((await read('a.data', numbered(3))).records).toHaveLength(3);
  });

  test('is refused if it is truncated, damaged, without rows, or no Parquet', async () => {
    const content = numbered(2000);
    const damaged = 'INVALID_DATA: expected a whole Parquet file as a.parquet, got a damaged or truncated one';
    for (const length of [3, 11, 500, content.length - 1])
      expect(await refusal('a.parquet', content.subarray(0, length))).toContain(damaged);
    expect(await refusal('a.parquet', Buffer.from(content).fill(0xff, 4, 3000))).toContain(damaged);
    expect(await refusal('a.parquet', 'x,y\n1,2\n')).toContain(damaged);
    expect(await refusal('a.parquet', numbered(0))).toContain('expected rows in a.parquet, got Parquet without rows');
  });

  test('is refused if a wanted column is missing', async () => {
    const table = await tableOf('a.parquet', numbered(3));
    await expect(readAll(table, ['name'])).rejects.toThrow(
      'expected the column "name" in a.parquet, got only "id", "price", "unused"; name one of these',
    );
  });

  test('fails if the file becomes shorter after it was opened', async () => {
    const content = numbered(2000);
    const path = join(await folderWith({ 'a.parquet': content }), 'a.parquet');
    const table = await openTable(path);
    await writeFile(path, content.subarray(0, 100));
    await expect(readAll(table)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
