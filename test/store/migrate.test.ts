import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { runSql } from '../support/run-sql.ts';
import { applyWithPrisma, diagnoseWithPrisma, schemaScript } from '../support/schema-engine.ts';
import { testDatabase } from '../support/test-database.ts';

describe('migrate', () => {
  const db = testDatabase();
  const reference = db.url.replace(/test_\w+$/, `reference_${randomUUID().replaceAll('-', '')}`);
  const admin = db.url.replace(/test_\w+$/, 'postgres');

  afterAll(() => runSql(admin, `DROP DATABASE IF EXISTS ${new URL(reference).pathname.slice(1)}`));

  test('applies nothing to a database that is up to date', async () => {
    expect(await migrate(db.url)).toEqual([]);
  });

  test('writes a history that Prisma’s engine finds complete, unedited and finished', async () => {
    expect(await diagnoseWithPrisma(db.url)).toMatchObject({
      hasMigrationsTable: true,
      history: null,
      failedMigrationNames: [],
      editedMigrationNames: [],
    });
    expect(await applyWithPrisma(db.url)).toEqual([]);
  });

  test('finds nothing to apply in a database that Prisma’s engine has migrated, with the same history', async () => {
    const byPrisma = `${reference}_prisma`;
    await ensureDatabase(byPrisma);
    expect(await applyWithPrisma(byPrisma)).toEqual(await migrationNames());
    expect(await migrate(byPrisma)).toEqual([]);
    const history = `SELECT checksum, migration_name, logs, rolled_back_at, applied_steps_count FROM _prisma_migrations
       ORDER BY migration_name`;
    expect(await runSql(byPrisma, history)).toEqual(await runSql(db.url, history));
    const columns = `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
       FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY column_name`;
    expect(await runSql(byPrisma, columns)).toEqual(await runSql(db.url, columns));
    await runSql(admin, `DROP DATABASE ${new URL(byPrisma).pathname.slice(1)}`);
  });

  test('continues a history that Prisma’s engine has begun', async () => {
    const begun = `${reference}_begun`;
    await ensureDatabase(begun);
    const names = await migrationNames();
    await applyWithPrisma(begun, names.slice(0, 3));
    expect(await migrate(begun)).toEqual(names.slice(3));
    expect(await diagnoseWithPrisma(begun)).toMatchObject({ history: null, editedMigrationNames: [] });
    await runSql(admin, `DROP DATABASE ${new URL(begun).pathname.slice(1)}`);
  });

  test('leaves nothing behind when a migration fails, and tries it again', async () => {
    const failing = `${reference}_failing`;
    await ensureDatabase(failing);
    // The first migration creates this table, so it fails half-way. A view does not make the database one of others.
    await runSql(failing, 'CREATE VIEW model_versions AS SELECT 1');
    await expect(migrate(failing)).rejects.toThrow(/the migration \d+_first_tables failed: .*model_versions/);
    expect(await tablesOf(failing)).toEqual(['_prisma_migrations', 'model_versions']);
    await runSql(failing, 'DROP VIEW model_versions');
    expect(await migrate(failing)).toEqual(await migrationNames());
    await runSql(admin, `DROP DATABASE ${new URL(failing).pathname.slice(1)}`);
  });

  test('refuses a database in which a migration by Prisma has failed, until the SQL of the error has been run', async () => {
    const failed = `${reference}_failed`;
    await ensureDatabase(failed);
    const names = await migrationNames();
    const platform = names.indexOf('20261124000000_platform');
    await applyWithPrisma(failed, names.slice(0, platform));
    await runSql(failed, 'CREATE TABLE promotion_decisions ()');
    await expect(applyWithPrisma(failed)).rejects.toThrow();
    expect((await diagnoseWithPrisma(failed)).failedMigrationNames).toEqual(['20261124000000_platform']);
    await runSql(failed, 'DROP TABLE promotion_decisions');
    const error: Error = await migrate(failed).catch((cause) => cause);
    expect(error).toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('Prisma has started the migration 20261124000000_platform and not finished it'),
    });
    await runSql(failed, error.message.slice(error.message.indexOf('UPDATE ')));
    expect(await migrate(failed)).toEqual(names.slice(platform));
    expect(await diagnoseWithPrisma(failed)).toMatchObject({ history: null, failedMigrationNames: [] });
    await runSql(admin, `DROP DATABASE ${new URL(failed).pathname.slice(1)}`);
  });

  test('spells the fields of stored recipes as the present ones', async () => {
    const older = `${reference}_older`;
    await ensureDatabase(older);
    const names = await migrationNames();
    await applyWithPrisma(older, names.slice(0, names.indexOf('20261129030000_american_spelling')));
    const recipe = (name: string) => ({ kind: 'ials', config: { [name]: 0.1, [`${name}Exponent`]: 1 }, options: {} });
    await runSql(
      older,
      `INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed)
       VALUES ('USER', '0 4 * * *', 'UTC', '${JSON.stringify(recipe('regularisation'))}', 1)`,
    );
    await migrate(older);
    expect(await runSql(older, 'SELECT config FROM retrain_schedules')).toEqual([{ config: recipe('regularization') }]);
    await runSql(admin, `DROP DATABASE ${new URL(older).pathname.slice(1)}`);
  });

  test('keeps the dataset of loaded interactions, and the keys of all others', async () => {
    const older = `${reference}_keys`;
    await ensureDatabase(older);
    const names = await migrationNames();
    await applyWithPrisma(older, names.slice(0, names.indexOf('20261129050000_dataset_of_interactions')));
    await runSql(
      older,
      `INSERT INTO users (external_id) VALUES ('u1');
       INSERT INTO items (external_id, title) VALUES ('i:1', 'First');
       INSERT INTO interactions (user_id, item_id, type, idempotency_key)
       SELECT users.id, items.id, 'VIEW', key
       FROM users, items, unnest(ARRAY['import:movielens:RATE:i:1:4', 'of a client', NULL]) AS keys(key)`,
    );
    await migrate(older);
    expect(await runSql(older, 'SELECT dataset, idempotency_key FROM interactions ORDER BY id')).toEqual([
      { dataset: 'movielens', idempotency_key: null },
      { dataset: null, idempotency_key: 'of a client' },
      { dataset: null, idempotency_key: null },
    ]);
    await runSql(admin, `DROP DATABASE ${new URL(older).pathname.slice(1)}`);
  });

  test('refuses a database with tables of something else, and changes nothing there', async () => {
    const foreign = `${reference}_foreign`;
    await ensureDatabase(foreign);
    await runSql(foreign, 'CREATE TABLE customers ()');
    await expect(migrate(foreign)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: 'DATABASE_URL: expected an empty database or one of Warmstart, got one with the table "customers"',
    });
    expect(await tablesOf(foreign)).toEqual(['customers']);
    await runSql(admin, `DROP DATABASE ${new URL(foreign).pathname.slice(1)}`);
  });

  test('needs no permission to create tables if nothing is pending, and names the missing permission otherwise', async () => {
    const current = `${reference}_current`;
    const fresh = `${reference}_fresh`;
    const role = `role_${randomUUID().replaceAll('-', '')}`;
    for (const url of [current, fresh]) await ensureDatabase(url);
    await migrate(current);
    await runSql(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await runSql(current, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    for (const url of [current, fresh]) await runSql(url, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const as = (url: string) => Object.assign(new URL(url), { username: role, password: 'secret' }).toString();
    expect(await migrate(as(current))).toEqual([]);
    await expect(migrate(as(fresh))).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(
        /^DATABASE_URL: its role lacks the permission to apply the migrations \(.*run the command "migrate" once/,
      ),
    });
    for (const url of [current, fresh]) await runSql(admin, `DROP DATABASE ${new URL(url).pathname.slice(1)}`);
    await runSql(admin, `DROP ROLE ${role}`);
  });

  test('creates exactly the columns, keys and indexes of prisma/schema.prisma', async () => {
    await ensureDatabase(reference);
    await runSql(reference, await schemaScript(reference));
    expect(await describeSchema(db.url)).toEqual(await describeSchema(reference));
  });

  test('keeps the keys of earlier runs and the last run of each schedule', async () => {
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
    expect(await runSql(earlier, 'SELECT key, run_id FROM training_run_keys')).toEqual([{ key: 'mine', run_id: 3 }]);
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

  test('brings values that SQL has stored back into their bounds, and refuses others from then on', async () => {
    const earlier = `${reference}_bounds`;
    await ensureDatabase(earlier);
    const sqlOf = (name: string) => readFile(join('migrations', name, 'migration.sql'), 'utf8');
    const names = await migrationNames();
    const bounding = names.indexOf('20261130030000_bounded_values');
    for (const name of names.slice(0, bounding)) await runSql(earlier, await sqlOf(name));
    await runSql(
      earlier,
      `INSERT INTO users (external_id, created_at, updated_at) VALUES ('u', '-infinity', 'infinity');
       INSERT INTO items (external_id, title, created_at, updated_at) VALUES ('i', 'I', '200000-01-01', now());
       INSERT INTO training_runs (task_kind, status, config, seed, created_at) VALUES ('USER', 'FAILED', '{}', 1, 'infinity');
       INSERT INTO scenarios (external_id, title, created_at) VALUES ('s', 'S', 'infinity');
       INSERT INTO api_keys (name, prefix, hash, role, expires_at)
       VALUES ('endless', 'a', 'a', 'CLIENT', 'infinity'), ('ended', 'b', 'b', 'CLIENT', '-infinity');
       INSERT INTO interactions (user_id, item_id, type, value, occurred_at)
       VALUES (1, 1, 'VIEW', 1e308, 'infinity'), (1, 1, 'RATE', -1e308, '2026-01-01'), (1, 1, 'RATE', 5, '-infinity'),
         (1, 1, 'CLICK', NULL, '2026-01-01')`,
    );
    await runSql(earlier, await sqlOf(names[bounding] as string));
    const isRecent = (column: string) => `${column} > now() - interval '1 hour'`;
    expect(
      await runSql(earlier, `SELECT value, ${isRecent('occurred_at')} AS recent FROM interactions ORDER BY id`),
    ).toEqual([
      { value: 1e12, recent: true },
      { value: -1e12, recent: false },
      { value: 5, recent: false },
      { value: null, recent: false },
    ]);
    expect(await runSql(earlier, 'SELECT expires_at IS NULL AS endless FROM api_keys ORDER BY prefix')).toEqual([
      { endless: true },
      { endless: false },
    ]);
    for (const [table, recent] of Object.entries({ users: false, items: true, scenarios: true, training_runs: true }))
      expect(await runSql(earlier, `SELECT ${isRecent('created_at')} AS recent FROM ${table}`)).toEqual([{ recent }]);
    for (const change of [
      `interactions SET value = 1e13`,
      `interactions SET occurred_at = 'infinity'`,
      `users SET updated_at = '-infinity'`,
      `items SET created_at = 'infinity'`,
      `scenarios SET created_at = 'infinity'`,
      `api_keys SET expires_at = 'infinity'`,
      `training_runs SET created_at = 'infinity'`,
    ])
      await expect(runSql(earlier, `UPDATE ${change}`)).rejects.toThrow(/bounded/);
    await runSql(admin, `DROP DATABASE ${new URL(earlier).pathname.slice(1)}`);
  });

  test('lets two processes migrate a new database at the same time', async () => {
    const fresh = `${reference}_twice`;
    await ensureDatabase(fresh);
    const [first, second] = await Promise.all([migrate(fresh), migrate(fresh)]);
    expect([...first, ...second]).toHaveLength(new Set([...first, ...second]).size);
    expect(first.length + second.length).toBeGreaterThan(0);
    await runSql(admin, `DROP DATABASE ${new URL(fresh).pathname.slice(1)}`);
  });
});

/** The names of all tables and views in the schema `public`. */
async function tablesOf(url: string): Promise<readonly unknown[]> {
  const rows = await runSql(
    url,
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
     AND relkind IN ('r', 'v') ORDER BY relname`,
  );
  return rows.map((row) => (row as { relname: string }).relname);
}

async function describeSchema(url: string): Promise<unknown> {
  return {
    columns: await runSql(
      url,
      `SELECT table_name, column_name, udt_name, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
         AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')
       ORDER BY table_name, column_name`,
    ),
    // Only the part before WITH and WHERE, since Prisma cannot express options of indexes and partial ones.
    indexes: await runSql(
      url,
      `SELECT split_part(split_part(indexdef, ' WHERE ', 1), ' WITH ', 1) AS definition FROM pg_indexes
       WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY indexname`,
    ),
    foreignKeys: await runSql(
      url,
      `SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'f' ORDER BY conname`,
    ),
  };
}
