import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { endOfWarmstart } from '../support/server-process.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

describe('export data', () => {
  const [source, target] = [testDatabase(), testDatabase()];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-export-data-'));
    const dataset = smallDataset({
      ...smallCatalog(3, 4),
      interactions: [rating('u1', 'i2', 5), rating('u1', 'i1', 1)],
    });
    await loadDataset(source.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (args: readonly string[], { url } = source) => endOfWarmstart(args, { DATABASE_URL: url }, { folder });

  test('writes files and says how to import them, which works', async () => {
    const { status, output, errors } = await run(['export', 'data', 'out', '--gzip']);
    expect([status, errors]).toEqual([0, expect.stringContaining('exporting  100%')]);
    expect(output).toMatch(
      /out\/users\.jsonl\.gz {2}3 lines\n[^\n]*4 lines\n[^\n]*2 lines\n9 lines in .*import out --map out/s,
    );
    const imported = await run(['import', 'out', '--map', 'out/mapping.json'], target);
    expect(imported.output).toMatch(/users +3 added.*items +4 added.*interactions +2 added/s);
  });

  test('refuses a folder that has files unless --force is given', async () => {
    const { status, errors } = await run(['export', 'data', 'out']);
    expect(status).toBe(1);
    expect(errors).toBe(
      'error: expected a new or empty folder, got out with interactions.jsonl.gz, items.jsonl.gz, mapping.json, …; ' +
        'name another folder, or use --force to replace the files of an earlier export\n',
    );
    expect((await run(['export', 'data', 'out', '--force'])).status).toBe(0);
    expect(await readdir(join(folder, 'out'))).toEqual([
      'interactions.jsonl',
      'items.jsonl',
      'mapping.json',
      'users.jsonl',
    ]);
  });

  test('writes Parquet on request, which is not compressed again', async () => {
    const { status, output } = await run(['export', 'data', 'parquet', '--format', 'parquet']);
    expect([status, output]).toEqual([0, expect.stringMatching(/parquet\/users\.parquet {2}3 rows\n.*9 rows in /s)]);
    expect(await readdir(join(folder, 'parquet'))).toContain('interactions.parquet');
    const { errors } = await run(['export', 'data', 'again', '--format', 'parquet', '--gzip']);
    expect(errors).toBe(
      'error: expected --gzip only for JSON Lines, got it with --format parquet; files of Parquet are compressed, so leave it out\n',
    );
  });

  test('leaves export with a folder to models', async () => {
    const { status, errors } = await run(['export', './data']);
    expect([status, errors]).toEqual([1, 'error: there is no active model to export; train one first\n']);
  });
});
