import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { runSql } from '../support/run-sql.ts';
import { endOfWarmstart } from '../support/server-process.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

describe('backup and restore', () => {
  const [source, target] = [testDatabase(), testDatabase()];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-backup-command-'));
    const dataset = smallDataset({ ...smallCatalog(3, 4), interactions: [rating('u1', 'i2', 5)] });
    await loadDataset(source.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (args: readonly string[], { url } = source) => endOfWarmstart(args, { DATABASE_URL: url }, { folder });

  test('write a file, and restore it into another database', async () => {
    const { status, output, errors } = await run(['backup', 'all.backup']);
    expect([status, errors]).toEqual([0, expect.stringContaining('backing up  100%')]);
    expect(output).toMatch(/^feature_fields {2}3 rows\n.*users {2}3 rows\nall\.backup {2}0\.0 MiB in .*API keys/s);
    const restored = await run(['restore', 'all.backup'], target);
    const rowsOf = (text: string) => text.match(/^\w+ {2}\d+ rows$/gm);
    expect(rowsOf(restored.output)).toEqual(rowsOf(output));
    expect(restored.output).toMatch(/\nrestored the backup of 2.* into PostgreSQL at .*: 2\d rows in .* s\n$/);
    expect(restored.errors).toMatch(/checking {2}100%.*restoring {2}100%/s);
    expect(await runSql(target.url, 'SELECT external_id FROM users ORDER BY id')).toEqual([
      ...['u1', 'u2', 'u3'].map((external_id) => ({ external_id })),
    ]);
  });

  test('keep a file that is there, and what a database has', async () => {
    expect(await run(['backup', 'all.backup'])).toMatchObject({
      status: 1,
      errors: 'error: all.backup is there already; name another file, or use --force\n',
    });
    expect(await run(['restore', 'all.backup'], target)).toMatchObject({
      status: 1,
      errors: expect.stringContaining('error: expected an empty database, got one with rows in the table'),
    });
  });

  test('back up a database that lacks migrations as it is, before an upgrade', async () => {
    const last = '(SELECT max(migration_name) FROM _prisma_migrations)';
    await runSql(source.url, `DELETE FROM _prisma_migrations WHERE migration_name = ${last}`);
    expect(await run(['backup', 'before.backup'])).toMatchObject({ status: 0 });
  });
});
