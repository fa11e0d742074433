import { describe, expect, test } from '@jest/globals';
import { type OpenDatabase, openDatabase, sql } from '../../src/store/database.ts';
import { isConnectionLost } from '../../src/store/is-connection-lost.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { testDatabase } from '../support/test-database.ts';

describe('isConnectionLost', () => {
  const db = testDatabase();
  const errorOf = async (work: Promise<unknown>): Promise<unknown> => {
    const [outcome] = await Promise.allSettled([work]);
    return outcome?.status === 'rejected' ? outcome.reason : undefined;
  };
  const waiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

  /** What a statement throws whose connection the server ends while it waits for a table. */
  const ended = async (work: () => Promise<unknown>) => {
    const holder = await db.pool.connect();
    await holder.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
    const error = errorOf(work());
    await eventually(async () => (await runSql(db.url, waiting)).length > 0);
    await holder.query('ROLLBACK');
    holder.release();
    return error;
  };

  const statements: Record<string, (open: Pick<OpenDatabase, 'database' | 'pool'>) => Promise<unknown>> = {
    'the pool': ({ pool }) => pool.query('SELECT FROM items'),
    'a model': async ({ database }) => database.item.findMany(),
    'raw SQL': async ({ database }) => database.$queryRaw(sql`SELECT id FROM items`),
    'a transaction': ({ database }) => database.$transaction((within) => within.item.findMany()),
  };

  for (const [name, work] of Object.entries(statements)) {
    test(`knows a connection that ${name} lost`, async () => {
      expect(isConnectionLost(await ended(() => work(db)))).toBe(true);
    });

    test(`knows a server that ${name} does not reach`, async () => {
      const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
      expect(isConnectionLost(await errorOf(work(nowhere)))).toBe(true);
      await nowhere.close();
    });
  }

  test('knows other failures of statements, and of programs, from it', async () => {
    const { pool, database } = db;
    const wrong = [
      () => pool.query('SELECT nothing FROM items'),
      () => database.$queryRaw(sql`SELECT 1 / 0`),
      () => database.item.findUniqueOrThrow({ where: { id: -1 } }),
    ];
    for (const work of wrong) {
      const error = await errorOf(work());
      expect(error).toBeDefined();
      expect(isConnectionLost(error)).toBe(false);
    }
    for (const error of [new TypeError('x is undefined'), 'a word', undefined, null])
      expect(isConnectionLost(error)).toBe(false);
  });
});
