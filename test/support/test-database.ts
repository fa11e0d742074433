import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { runSql } from './run-sql.ts';

/**
 * Gives the calling test file its own database. It is cloned from the migrated template before the tests and dropped
 * after them. If a test leaves a connection open, the drop fails, and so does the test file.
 */
export function testDatabase(): { readonly url: string } & Pick<OpenDatabase, 'database' | 'pool'> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = process.env.WARMSTART_TEST_SERVER as string;
  const url = server.replace(/\/postgres$/, `/${name}`);
  let open: OpenDatabase | undefined;
  const opened = (): OpenDatabase => {
    if (!open) throw new Error('the test database is there from beforeAll on');
    return open;
  };
  beforeAll(async () => {
    await runSql(server, `CREATE DATABASE ${name} TEMPLATE warmstart_template`);
    open = openDatabase(url);
  });
  afterAll(async () => {
    await open?.close();
    await runSql(server, `DROP DATABASE ${name}`);
  });
  return {
    url,
    get database() {
      return opened().database;
    },
    get pool() {
      return opened().pool;
    },
  };
}
