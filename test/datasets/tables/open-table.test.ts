import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openTable } from '../../../src/datasets/tables/open-table.ts';
import { folderWith } from '../dataset-fixtures.ts';
import { read, readAll, refusal, tableOf } from './table-fixtures.ts';

const content = 'id,name\n1,Ada\n2,Zoë\n';
const people = [
  ['1', 'Ada'],
  ['2', 'Zoë'],
];
/** The same content, made by `zstd --check`. */
const zstd = Buffer.from('KLUv/SQVqQAAaWQsbmFtZQoxLEFkYQoyLFpvw6sKhGRqXQ==', 'base64');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

describe('openTable', () => {
  test.each([
    ['a.csv', content],
    ['a.txt', content],
    ['a', content],
    ['a.csv', `\ufeff${content}`],
    ['a.csv', utf16(`\ufeff${content}`)],
    ['a.csv', utf16(`\ufeff${content}`).swap16()],
    ['a.csv', Buffer.from(content, 'latin1')],
    ['a.csv.gz', gzipSync(content)],
    ['a.csv', gzipSync(content)],
    ['a.csv.gz', content],
    ['a.csv.gz', gzipSync(utf16(`\ufeff${content}`))],
    ['a.csv.gz', Buffer.concat([gzipSync(content.slice(0, 9)), gzipSync(content.slice(9))])],
    ['a.csv.gz', Buffer.concat([gzipSync(content), ...Array.from({ length: 5000 }, () => gzipSync(''))])],
    ['a.csv.zst', zstd],
    ['a', zstd],
    ['a.jsonl', '{"id": "1", "name": "Ada"}\n{"id": "2", "name": "Zoë"}'],
    ['a.ndjson.gz', gzipSync('{"id": "1", "name": "Ada"}\n{"id": "2", "name": "Zoë"}')],
    ['a', '{"id": "1", "name": "Ada"}\n{"id": "2", "name": "Zoë"}'],
    [
      'a.parquet',
      Buffer.from(
        parquetWriteBuffer({
          columnData: [
            { name: 'id', data: ['1', '2'] },
            { name: 'name', data: ['Ada', 'Zoë'] },
          ],
        }),
      ),
    ],
  ])('recognizes %s, example %#', async (name, written) => {
    const { columns, records, bytes } = await read(name, written);
    expect(columns).toEqual(['id', 'name']);
    expect(records).toEqual(people);
    expect(bytes).toBe(Buffer.byteLength(written));
  });

  test.each([
    ['utf-16le', utf16(content)],
    ['utf-16be', utf16(content).swap16()],
    ['latin1', Buffer.from(content, 'latin1')],
    ['utf-8', Buffer.from(content)],
  ] as const)('reads %s without a byte order mark if it is stated', async (encoding, written) => {
    expect((await read('a.csv', written, { encoding })).records).toEqual(people);
  });

  test('reads the characters that windows-1252 has and ISO 8859-1 has not, if it is stated', async () => {
    const name = Buffer.of(0x80, 0x84, 0x5a, 0x6f, 0xeb, 0x93, 0x92, 0x96, 0x9e, 0x9f, 0x85, 0x99);
    const written = Buffer.concat([Buffer.from('id,name\n1,'), name, Buffer.from('\n')]);
    expect((await read('a.csv', written, { encoding: 'windows-1252' })).records).toEqual([['1', '€„Zoë“’–žŸ…™']]);
    expect(await refusal('a.csv', written, { encoding: 'utf-8' })).toContain('state the encoding windows-1252');
  });

  test('reads a line that is not UTF-8 as ISO 8859-1, and the others as UTF-8', async () => {
    const written = Buffer.concat([Buffer.from(content), Buffer.from('3,Zoë\n', 'latin1')]);
    expect((await read('a.csv', written)).records).toEqual([...people, ['3', 'Zoë']]);
  });

  test.each([
    [{ encoding: 'utf-8' }, utf16(`\ufeff${content}`), 'got a byte order mark of utf-16le'],
    [{ encoding: 'utf-16be' }, utf16(content), 'got text that is most likely in utf-16le'],
    [{ encoding: 'utf-16le' }, Buffer.from(content), 'got text that is most likely in utf-8'],
    [{ encoding: 'latin1' }, Buffer.from(content), 'got text that is most likely in utf-8'],
    [{ encoding: 'utf-8' }, Buffer.from(content, 'latin1'), 'got text that is most likely in latin1'],
    [{}, utf16(content), 'got text that is most likely in utf-16le; state the encoding utf-16le'],
    [{ compression: 'gzip' }, Buffer.from(content), 'expected a whole gzip file as a.csv'],
    [{ compression: 'none' }, gzipSync(content), 'got gzip data; state the compression gzip'],
    [{ type: 'parquet' }, Buffer.from(content), 'expected a whole Parquet file as a.csv'],
  ] as const)('refuses a wrong format, such as %j, and tells the right one', async (format, written, message) => {
    expect(await refusal('a.csv', written, format)).toContain(message);
  });

  test('refuses a truncated or damaged gzip or zstd file', async () => {
    const rows = Array.from({ length: 50_000 }, (_, row) => `${row},${Math.sin(row)}\n`);
    const long = gzipSync(`row,sine\n${rows.join('')}`);
    expect(await refusal('a.csv.gz', long.subarray(0, long.length - 5))).toContain(
      'expected a whole gzip file as a.csv.gz, got a damaged or truncated one (unexpected end of file); check it with gzip -t',
    );
    expect(await refusal('a.csv.gz', Buffer.from(long).fill(0, 90_000, 90_100))).toContain('damaged or truncated');
    expect(await refusal('a.csv.zst', zstd.subarray(0, zstd.length - 2))).toContain('expected a whole zstd file');
    expect(await refusal('a.csv.zst', Buffer.concat([zstd, Buffer.alloc(50, 1)]))).toContain('check it with zstd -t');
  });

  test.each([
    ['PK\x03\x04\x14\0\0\0', 'a ZIP archive or an Excel workbook; unpack it first, or save the sheet as CSV'],
    ['<!DOCTYPE html><p>Not found', 'XML or HTML; check that it is the data'],
    ['SQLite format 3\0', 'an SQLite database'],
    [Buffer.from([...Array(200).keys()]), 'binary data'],
    [gzipSync(gzipSync(content)), 'gzip data'],
  ])('refuses what is no table, example %#', async (written, what) => {
    expect(await refusal('a.csv', written)).toContain(`expected CSV, JSON Lines or Parquet in a.csv, got ${what}`);
  });

  test('refuses a folder and a path without a file', async () => {
    const folder = await folderWith({});
    await expect(openTable(folder)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `expected a file at ${folder}, got a folder; name a file in it`,
    });
    await expect(openTable(join(folder, 'a.csv'))).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `expected a file at ${join(folder, 'a.csv')}, got nothing; check the path`,
    });
  });

  test('reads a file as often as it is asked', async () => {
    const table = await tableOf('a.csv', content);
    expect((await readAll(table)).records).toEqual(people);
    expect((await readAll(table)).records).toEqual(people);
  });
});

describe('openTable of a pipe', () => {
  const standardInput = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;

  afterEach(() => {
    Object.defineProperty(process, 'stdin', standardInput);
  });

  function pipe(...parts: Buffer[]): void {
    Object.defineProperty(process, 'stdin', { value: Readable.from(parts), configurable: true });
  }

  test.each([
    ['CSV', Buffer.from(content)],
    ['gzip', gzipSync(content)],
    ['zstd', zstd],
    ['UTF-16', utf16(`\ufeff${content}`)],
  ])('reads %s from standard input, whatever the size of its parts', async (_, written) => {
    for (const size of [1, 7, 1000]) {
      const starts = Array.from({ length: Math.ceil(written.length / size) }, (_, part) => part * size);
      pipe(...starts.map((start) => written.subarray(start, start + size)));
      const table = await openTable('-');
      expect([table.file, table.bytes]).toEqual(['standard input', 0]);
      const { records, bytes } = await readAll(table);
      expect(records).toEqual(people);
      expect(bytes).toBe(written.length);
    }
  });

  test('reads more than was looked at', async () => {
    const rows = Array.from({ length: 100_000 }, (_, row) => [`${row}`, 'x']);
    pipe(Buffer.from(`id,name\n${rows.map((row) => row.join(',')).join('\n')}`));
    expect((await readAll(await openTable('-'))).records).toEqual(rows);
  });

  test('refuses to read it twice, and to read Parquet', async () => {
    pipe(Buffer.from(content));
    const table = await openTable('-');
    await readAll(table);
    await expect(readAll(table)).rejects.toThrow(
      'expected to read standard input once, got a second reading; save it as a file and name that file',
    );
    pipe(Buffer.from('PAR1'));
    await expect(openTable('-')).rejects.toThrow('which can only be read from its start; save it as a file');
  });

  test('refuses it if nothing comes', async () => {
    pipe();
    await expect(openTable('-')).rejects.toThrow('expected rows in standard input, got an empty file');
  });

  test('reads a named pipe', async () => {
    const path = join(await folderWith({}), 'people.csv');
    execFileSync('mkfifo', [path]);
    const opened = openTable(path);
    execFileSync('sh', ['-c', 'printf "id,name\\n1,Ada\\n2,Zoë\\n" > "$0" &', path], { stdio: 'ignore' });
    expect((await readAll(await opened)).records).toEqual(people);
  });
});
