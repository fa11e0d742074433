import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate, migrationNames, schemaScript } from '../../src/store/migrate.ts';
import { runSql } from '../support/run-sql.ts';
import { testDatabase } from '../support/test-database.ts';

describe('migrate', () => {
  const db = testDatabase();
  const reference = db.url.replace(/test_\w+$/, `reference_${randomUUID().replaceAll('-', '')}`);
  const admin = db.url.replace(/test_\w+$/, 'postgres');

  afterAll(() => runSql(admin, `DROP DATABASE IF EXISTS ${new URL(reference).pathname.slice(1)}`));

  test('a migrated database is up to date: migrating it again applies nothing', async () => {
    expect(await migrate(db.url)).toEqual([]);
  });

  test('writes the rows of Prisma’s own migration history', async () => {
    const rows = await runSql(
      db.url,
      'SELECT migration_name, finished_at, rolled_back_at FROM _prisma_migrations',
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows)
      expect(row).toMatchObject({ finished_at: expect.any(Date), rolled_back_at: null });
  });

  test('leads to the very columns, keys and indexes that prisma/schema.prisma describes', async () => {
    await ensureDatabase(reference);
    await runSql(reference, await schemaScript(reference));
    expect(await describeSchema(db.url)).toEqual(await describeSchema(reference));
  });

  test('keeps the keys of earlier runs, and which run of a schedule was its last', async () => {
    const earlier = `${reference}_earlier`;
    await ensureDatabase(earlier);
    const sqlOf = (name: string) => readFile(join('migrations', name, 'migration.sql'), 'utf8');
    const names = await migrationNames();
    const shared = names.indexOf('20261126000000_shared_runs');
    for (const name of names.slice(0, shared)) await runSql(earlier, await sqlOf(name));
    await runSql(
      earlier,
      `INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed) SELECT 'USER', '0 4 * * *', 'UTC', '{}', 1 FROM generate_series(1, 2);
       INSERT INTO training_runs (task_kind, status, config, seed, schedule_id, idempotency_key)
       VALUES ('USER', 'FAILED', '{}', 1, 1, NULL), ('USER', 'QUEUED', '{}', 1, 1, NULL), ('USER', 'FAILED', '{}', 1, NULL, 'mine')`,
    );
    await runSql(earlier, await sqlOf(names[shared] as string));
    expect(await runSql(earlier, 'SELECT key, run_id FROM training_run_keys')).toEqual([
      { key: 'mine', run_id: 3 },
    ]);
    const schedules = await runSql(earlier, 'SELECT id, last_run_id FROM retrain_schedules ORDER BY id');
    expect(schedules).toEqual([
      { id: 1, last_run_id: 2 },
      { id: 2, last_run_id: null },
    ]);
    await runSql(admin, `DROP DATABASE ${new URL(earlier).pathname.slice(1)}`);
  });

  test('keeps the number of users of earlier runs, schedules and requests under its new name', async () => {
    const earlier = `${reference}_max_users`;
    await ensureDatabase(earlier);
    const sqlOf = (name: string) => readFile(join('migrations', name, 'migration.sql'), 'utf8');
    const names = await migrationNames();
    const renaming = names.indexOf('20261129000000_max_users');
    for (const name of names.slice(0, renaming)) await runSql(earlier, await sqlOf(name));
    await runSql(
      earlier,
      `INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed, most_users) VALUES ('USER', '0 4 * * *', 'UTC', '{}', 1, 7);
       INSERT INTO training_runs (task_kind, status, config, seed, most_users) VALUES ('USER', 'FAILED', '{}', 1, 5), ('USER', 'FAILED', '{}', 1, NULL);
       INSERT INTO training_run_keys (key, run_id, request)
       VALUES ('a', 1, '{"taskKind": "USER", "mostUsers": 5}'), ('b', 2, '{"taskKind": "USER"}'), ('c', 2, NULL)`,
    );
    await runSql(earlier, await sqlOf(names[renaming] as string));
    expect(await runSql(earlier, 'SELECT max_users FROM training_runs ORDER BY id')).toEqual([
      { max_users: 5 },
      { max_users: null },
    ]);
    expect(await runSql(earlier, 'SELECT max_users FROM retrain_schedules')).toEqual([{ max_users: 7 }]);
    expect(await runSql(earlier, 'SELECT request FROM training_run_keys ORDER BY key')).toEqual([
      { request: { taskKind: 'USER', maxUsers: 5 } },
      { request: { taskKind: 'USER' } },
      { request: null },
    ]);
    await runSql(admin, `DROP DATABASE ${new URL(earlier).pathname.slice(1)}`);
  });

  test('two processes may migrate a new database at once', async () => {
    const fresh = `${reference}_twice`;
    await ensureDatabase(fresh);
    const [first, second] = await Promise.all([migrate(fresh), migrate(fresh)]);
    expect([...first, ...second]).toHaveLength(new Set([...first, ...second]).size);
    expect(first.length + second.length).toBeGreaterThan(0);
    await runSql(admin, `DROP DATABASE ${new URL(fresh).pathname.slice(1)}`);
  });
});

async function describeSchema(url: string): Promise<unknown> {
  return {
    columns: await runSql(
      url,
      `SELECT table_name, column_name, udt_name, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY table_name, column_name`,
    ),
    // The part before WHERE: a partial index is a refinement that Prisma cannot express.
    indexes: await runSql(
      url,
      `SELECT split_part(indexdef, ' WHERE ', 1) AS definition FROM pg_indexes
       WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY indexname`,
    ),
    foreignKeys: await runSql(
      url,
      `SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'f' ORDER BY conname`,
    ),
  };
}
