import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { runSql } from '../support/run-sql.ts';

describe('ensureDatabase', () => {
  const server = process.env.WARMSTART_TEST_SERVER as string;
  let name: string;
  let url: string;

  beforeEach(() => {
    name = `ensure_${randomUUID().replaceAll('-', '')}`;
    url = server.replace(/\/postgres$/, `/${name}`);
  });
  afterEach(() => runSql(server, `DROP DATABASE IF EXISTS ${name}`));

  test('concurrent calls create one database', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => ensureDatabase(url)));
    expect(await runSql(server, `SELECT datname FROM pg_database WHERE datname = '${name}'`)).toHaveLength(1);
  });

  test('keeps an existing database', async () => {
    await ensureDatabase(url);
    await runSql(url, 'CREATE TABLE kept (id int)');
    await ensureDatabase(url);
    expect(await runSql(url, 'SELECT * FROM kept')).toEqual([]);
  });

  test('empties an existing database if a fresh one is requested', async () => {
    await ensureDatabase(url);
    await runSql(url, 'CREATE TABLE kept (id int)');
    await ensureDatabase(url, { fresh: true });
    await expect(runSql(url, 'SELECT * FROM kept')).rejects.toThrow('does not exist');
  });

  test('refuses to recreate a database that is in use', async () => {
    await ensureDatabase(url);
    const user = new pg.Client({ connectionString: url });
    await user.connect();
    await expect(ensureDatabase(url, { fresh: true })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
    });
    await user.query('SELECT 1');
    await user.end();
  });
});
