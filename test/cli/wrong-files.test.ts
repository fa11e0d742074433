import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openMappedFiles } from '../../src/cli/mapping-file.ts';
import type { Reject } from '../../src/datasets/dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

const mapping = {
  name: 'wrong',
  files: [
    {
      file: 'events*',
      users: { id: 'user' },
      items: { id: 'item', features: { price: { column: 'price', kind: 'numeric' } } },
      interactions: {
        ...{ user: 'user', item: 'item', value: { column: 'stars' } },
        type: { column: 'event', values: { view: 'VIEW', rate: 'RATE' } },
        time: { column: 'at' },
      },
    },
  ],
};

const header = 'user,item,event,stars,at,price';
const good = 'u1,i1,rate,5,2026-01-02T03:04:05Z,9.5';
const csv = (...lines: string[]) => `${[header, good, ...lines].join('\n')}\n`;

describe('a file that cannot be used', () => {
  const db = testDatabase();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-wrong-files-'));
    await writeFile(join(folder, 'mapping.json'), JSON.stringify(mapping));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Loads one file without storing anything. Returns how often rows were rejected, and with which messages. */
  const load = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content);
    const rejects: Reject[] = [];
    const dataset = await openMappedFiles([path], join(folder, 'mapping.json'), ratingScale);
    const report = await loadDataset(db.pool, dataset, {
      ...{ ratingScale, dryRun: true },
      onReject: (reject) => void rejects.push(reject),
    });
    await rm(path);
    return { rejects, report };
  };

  test('is not one if nothing is wrong', async () => {
    const { rejects, report } = await load('events.csv', csv('u2,i2,view,,2026-01-02,'));
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ users: { added: 2 }, items: { added: 2 }, interactions: { added: 2 } });
  });

  test('is not one if only its name says that it is compressed', async () => {
    const { rejects, report } = await load('events.csv.gz', csv());
    expect([rejects, report.interactions.added]).toEqual([[], 1]);
  });

  test.each<[string, string, string | Buffer, RegExp]>([
    ['an empty file', 'events.csv', '', /events\.csv.*empty/],
    ['only empty lines', 'events.csv', '\n\n\n', /events\.csv.*empty/],
    [
      'only a header',
      'events.csv',
      `${header}\n`,
      /expected rows in events\.csv, got only a line that names the columns; check/,
    ],
    [
      'a column that is missing',
      'events.csv',
      csv().replaceAll(',at,', ',when,'),
      /"at" in events\.csv.*when.*; correct the mapping or the file/,
    ],
    ['a column named twice', 'events.csv', csv().replace('item,', 'user,'), /events\.csv.*user.*twice/],
    ['a column without a name', 'events.csv', csv().replace('item,', ','), /events\.csv.*(name|column)/],
    ['NUL bytes', 'events.csv', `\0\0\0${csv()}`, /events\.csv/],
    ['an image', 'events.csv', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /events\.csv/],
    ['a truncated gzip', 'events.csv.gz', gzipSync(csv()).subarray(0, 40), /events\.csv\.gz/],
    ['a truncated Parquet', 'events.parquet', 'PAR1abcdefgh', /events\.parquet/],
    ['a JSON array', 'events.json', '[{"user": "u1"}]', /events\.json.*(array|line)/i],
    ['a file without an entry in the mapping', 'other.csv', csv(), /other\.csv.*entr/],
  ])('is refused: %s', async (_what, name, content, message) => {
    const outcome = await load(name, content).then(
      ({ rejects }) => rejects.map(({ file, reason }) => `${file}: ${reason}`).join('; '),
      (error: Error) => error.message,
    );
    expect(outcome).toMatch(message);
  });

  test('is refused: a folder without files, and a file that is not there', async () => {
    const open = (path: string) => openMappedFiles([path], join(folder, 'mapping.json'), ratingScale);
    await expect(open(join(folder, 'nothing.csv'))).rejects.toThrow(/nothing\.csv/);
    const empty = await mkdtemp(join(folder, 'empty-'));
    await expect(open(empty)).rejects.toThrow(/files in the folder/);
    await rm(empty, { recursive: true });
  });

  test.each<[string, string, RegExp]>([
    ['swapped columns', 'u2,i2,5,rate,2026-01-02,1', /^event: .*view.*rate.*got "5"/],
    ['too few cells', 'u2,i2,view', /6.*3/],
    ['too many cells', 'u2,i2,view,,2026-01-02,1,2', /6.*7/],
    ['another delimiter', 'u2;i2;view;;2026-01-02;1', /comma between cells .*, got a semicolon/],
    ['a header again', header, /names of the columns only in the first line, .* two files joined/],
    ['a quote that is not closed', '"u2,i2,view,,2026-01-02,1', /quote/],
    ['a quote within a cell', 'u"2,i2,view,,2026-01-02,1', /quote/],
    ['NUL in a row', 'u\0,i2,view,,2026-01-02,1', /NUL/],
    ['a user without an ID', ',i2,view,,2026-01-02,1', /^user: /],
    ['an ID with spaces around it', ' u2,i2,view,,2026-01-02,1', /^user: .*space/],
    ['an ID that is too long', `${'x'.repeat(257)},i2,view,,2026-01-02,1`, /^user: .*256/],
    ['an event that is not in the mapping', 'u2,i2,refund,,2026-01-02,1', /^event: .*got "refund"/],
    ['a rating outside the scale', 'u2,i2,rate,11,2026-01-02,1', /^stars: .*1 to 5.*got "11"/],
    ['a rating that is missing', 'u2,i2,rate,,2026-01-02,1', /^stars: /],
    ['a rating that is a word', 'u2,i2,rate,good,2026-01-02,1', /^stars: .*got "good"/],
    ['a date that is none', 'u2,i2,view,,2026-02-30,1', /^at: .*got "2026-02-30"/],
    ['a date in another form', 'u2,i2,view,,02/01/2026,1', /^at: .*got "02\/01\/2026"/],
    ['a time in the far future', 'u2,i2,view,,2226-01-02,1', /^at: .*1970/],
    ['a number with a decimal comma', 'u2,i2,view,,2026-01-02,"1,5"', /^price: .*"decimal": ","/],
    ['a number with a unit', 'u2,i2,view,,2026-01-02,5 EUR', /^price: .*pattern/],
  ])('loses one row, with its line and what to do: %s', async (_what, line, reason) => {
    const { rejects, report } = await load('events.csv', csv(line, 'u3,i3,view,,2026-01-03,2'));
    expect(rejects).toEqual([expect.objectContaining({ file: 'events.csv', line: 3 })]);
    expect(rejects[0]?.reason).toMatch(reason);
    expect(report.interactions.added).toBe(2);
  });
});
