import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { runSql } from '../support/run-sql.ts';

describe('ensureDatabase', () => {
  const server = process.env.WARMSTART_TEST_SERVER as string;
  const name = `ensure_${randomUUID().replaceAll('-', '')}`;
  const url = server.replace(/\/postgres$/, `/${name}`);

  afterAll(() => runSql(server, `DROP DATABASE IF EXISTS ${name}`));

  test('several at once make one database between them', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => ensureDatabase(url)));
    await runSql(url, 'CREATE TABLE kept (id int)');
  });

  test('leaves a database that is there as it is, unless asked for a fresh one', async () => {
    await ensureDatabase(url);
    await runSql(url, 'SELECT * FROM kept');
    await ensureDatabase(url, { fresh: true });
    await expect(runSql(url, 'SELECT * FROM kept')).rejects.toThrow('does not exist');
  });

  test('does not make a database anew under somebody who uses it', async () => {
    const user = new pg.Client({ connectionString: url });
    await user.connect();
    await expect(ensureDatabase(url, { fresh: true })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
    });
    await user.query('SELECT 1');
    await user.end();
  });
});
