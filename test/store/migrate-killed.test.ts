import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { applyWithPrisma, diagnoseWithPrisma } from '../support/schema-engine.ts';
import { spawnWarmstart } from '../support/server-process.ts';

jest.setTimeout(120_000);

describe('a process that is killed while it migrates', () => {
  const server = process.env.WARMSTART_TEST_SERVER as string;
  const name = `killed_${process.pid}`;
  const url = server.replace(/\/postgres$/, `/${name}`);

  beforeEach(() => ensureDatabase(url));
  afterEach(() => runSql(server, `DROP DATABASE ${name} WITH (FORCE)`));

  test('leaves nothing of its first migration, and the next process applies all', async () => {
    // The first migration creates this table too, so it waits for the transaction that holds the name.
    await killedWhile('CREATE TABLE items ()');
    expect(await appliedNames()).toEqual([]);
    expect(await migrate(url)).toEqual(await migrationNames());
    await expectFullHistory();
    expect(await runSql(url, 'SELECT count(*)::int AS types FROM interaction_types')).toEqual([{ types: 8 }]);
  });

  test('leaves rows as they were if it has moved them and not committed, and the next process moves them once', async () => {
    const names = await migrationNames();
    const moving = names.indexOf('20261126000000_shared_runs');
    await applyWithPrisma(url, names.slice(0, moving));
    await runSql(
      url,
      `INSERT INTO training_runs (task_kind, status, config, seed, idempotency_key)
       VALUES ('USER', 'FAILED', '{}', 1, 'first'), ('USER', 'FAILED', '{}', 1, 'second')`,
    );
    // The row in the history is the last statement of a migration.
    await killedWhile('LOCK TABLE _prisma_migrations IN SHARE MODE');
    expect(await appliedNames()).toEqual(names.slice(0, moving));
    expect(await runSql(url, 'SELECT idempotency_key FROM training_runs ORDER BY id')).toEqual([
      { idempotency_key: 'first' },
      { idempotency_key: 'second' },
    ]);
    expect(await migrate(url)).toEqual(names.slice(moving));
    await expectFullHistory();
    expect(await runSql(url, 'SELECT key, run_id FROM training_run_keys ORDER BY key')).toEqual([
      { key: 'first', run_id: 1 },
      { key: 'second', run_id: 2 },
    ]);
  });

  /** Kills a process that migrates when it waits for the lock that the statement takes, within its transaction. */
  async function killedWhile(statement: string): Promise<void> {
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(statement);
      const child = spawnWarmstart(['migrate'], { DATABASE_URL: url });
      const ended = once(child, 'exit');
      await eventually(migrationWaits, { within: 60_000 });
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
    } finally {
      // Only when PostgreSQL no longer waits does it notice that the process is gone, and gives up its transaction.
      await holder.query('ROLLBACK');
      await holder.end();
    }
  }

  async function migrationWaits(): Promise<boolean> {
    const locks = `SELECT FROM pg_locks AS waiting JOIN pg_locks AS held USING (pid)
       JOIN pg_database ON pg_database.oid = held.database AND datname = current_database()
       WHERE NOT waiting.granted AND held.locktype = 'advisory' AND held.granted`;
    return (await runSql(url, locks)).length > 0;
  }

  async function appliedNames(): Promise<readonly unknown[]> {
    const rows = await runSql(url, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY name');
    return rows.map(({ name }) => name);
  }

  async function expectFullHistory(): Promise<void> {
    expect(await diagnoseWithPrisma(url)).toMatchObject({
      history: null,
      failedMigrationNames: [],
      editedMigrationNames: [],
    });
    expect(await appliedNames()).toEqual(await migrationNames());
  }
});
