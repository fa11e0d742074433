import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import pino from 'pino';
import { createApiKey, findApiKey } from '../../src/access/api-keys.ts';
import { checkRestorable, type RestoreOptions, restoreBackup } from '../../src/backup/restore-backup.ts';
import { writeBackup } from '../../src/backup/write-backup.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { sweepTrainings } from '../../src/runs/abandoned-runs.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { openLists } from '../support/open-lists.ts';
import { runSql } from '../support/run-sql.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const strange = `a\\tb\t"c"\n\\.\n\r😀\\N`;

/** All rows, and what a restoration puts aside for a while or sets. */
async function contentOf(url: string): Promise<Record<string, unknown>> {
  const tables = await runSql(
    url,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
     AND tablename NOT IN ('_prisma_migrations', 'catalog_changes', 'catalog_moments') ORDER BY name`,
  );
  const content: Record<string, unknown> = {};
  for (const { name } of tables as { name: string }[])
    content[name] = (await runSql(url, `SELECT t::text AS row FROM ${name} AS t ORDER BY 1`)).map(({ row }) => row);
  const constraints = `SELECT conrelid::regclass::text AS name, pg_get_constraintdef(oid) AS rule, convalidated
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`;
  const triggers = `SELECT tgrelid::regclass::text AS name, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2`;
  const indexes = `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`;
  const sequences = `SELECT sequencename, last_value FROM pg_sequences
    WHERE schemaname = 'public' AND sequencename <> 'catalog_changes_id_seq' ORDER BY 1`;
  for (const [name, query] of Object.entries({ constraints, indexes, triggers, sequences }))
    content[name] = await runSql(url, query);
  return content;
}

/** Runs work on a connection pool that is closed afterwards, since a restoration accepts no other connections. */
async function opened<T>(url: string, work: (open: OpenDatabase) => Promise<T>): Promise<T> {
  const open = openDatabase(url);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

const restore = async (url: string, path: string, options: RestoreOptions = {}) => {
  const header = await checkRestorable(path);
  await opened(url, ({ pool }) => restoreBackup({ pool, url }, path, header, options));
  return header;
};

describe('restoreBackup', () => {
  const [source, target] = [testDatabase(), testDatabase()];
  const admin = source.url.replace(/test_\w+$/, 'postgres');
  let folder: string;
  let file: string;
  let secret: string;
  let version: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-backup-'));
    file = join(folder, 'all.backup');
    const { database, pool } = source;
    const interactions = [rating('u1', 'i2', 5), rating('u1', 'i1', 1), rating('u2', 'i2', 4)];
    await loadDataset(pool, smallDataset({ ...smallCatalog(9, 30), interactions }), { ratingScale });
    version = await serveUntrainedModel(database, 7);
    ({ secret } = await createApiKey(database, { name: strange, role: 'CLIENT' }));
    // Schedules and runs refer to each other. The last IDs of each are gone, and must not be given again.
    await pool.query(`
      INSERT INTO scenarios (external_id, title) VALUES ('s', '${strange}'), ('empty', '');
      INSERT INTO scenario_items SELECT 1, id FROM items WHERE id < 5;
      INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed) VALUES ('USER', '0 4 * * *', 'UTC', '{}', 1);
      INSERT INTO training_runs (task_kind, status, trigger, config, seed, schedule_id)
        VALUES ('USER', 'FAILED', 'SCHEDULE', '{}', 1, 1), ('USER', 'QUEUED', 'API', '{}', 1, NULL), ('USER', 'FAILED', 'API', '{}', 1, NULL);
      UPDATE retrain_schedules SET last_run_id = 1;
      INSERT INTO training_run_keys VALUES ('${strange}', 2, '{"a": 1}');
      INSERT INTO training_events (run_id, kind, content) VALUES (1, 'LOG', '{"line": "x"}');
      INSERT INTO promotion_decisions (task_kind, model_version_id, decided_by, promoted, reason) VALUES ('USER', 1, 'RULE', true, 'first');
      INSERT INTO interactions (user_id, item_id, scenario_id, type, value, occurred_at, idempotency_key)
        VALUES (3, 4, 1, 'PURCHASE', 0.1, '0001-01-01 00:00:00.001+00', '${strange}');
      DELETE FROM training_runs WHERE id = 3;
      SELECT count_positives_from(3)`);
    await writeBackup(pool, file);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Writes a backup with other content and the right checksum. */
  const altered = async (name: string, alter: (content: string) => string): Promise<string> => {
    const content = gunzipSync(await readFile(file)).toString('latin1');
    const before = alter(content.slice(0, content.lastIndexOf('{"end"')));
    const sha256 = createHash('sha256').update(before, 'latin1').digest('hex');
    const path = join(folder, name);
    await writeFile(path, gzipSync(Buffer.from(`${before}${JSON.stringify({ end: true, sha256 })}\n`, 'latin1')));
    return path;
  };

  test('stores every row, sequence, key and trigger as it was, and nothing is counted twice', async () => {
    const before = await contentOf(source.url);
    for (const [name, rows] of Object.entries(before)) expect([name, rows]).not.toEqual([name, []]);
    const header = await restore(target.url, file);
    expect(await contentOf(target.url)).toEqual(before);
    expect(header.migrations).toEqual(await migrationNames());
    expect(header.tables.find(({ name }) => name === 'interactions')?.rows).toBe(4);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['all.backup']);
  });

  test('makes a platform whose model makes the same lists, whose keys are valid, and whose queued runs get jobs', async () => {
    const engine = await openEngine('wasm');
    const listOf = (url: string) =>
      opened(url, async (open) => {
        const lists = await openLists(open, engine);
        const { recommendations } = await recommend(await lists.session(), { for: { user: 'u1' }, first: 10 });
        await lists.close();
        return recommendations.map(({ itemId, score, modelVersionId }) => [itemId, score, modelVersionId]);
      });
    const list = await listOf(target.url);
    expect(list).toEqual(await listOf(source.url));
    expect(list[0]).toEqual([expect.any(Number), expect.any(Number), version]);
    await opened(target.url, async ({ database, pool }) => {
      expect(await findApiKey(pool, secret)).toMatchObject({ role: 'CLIENT' });
      await sweepTrainings(database, pino({ level: 'silent' }));
    });
    expect(await runSql(target.url, 'SELECT key FROM graphile_worker.jobs')).toEqual([{ key: 'train:2:0' }]);
  });

  test('refuses a database that has rows, and replaces them with --replace, also the jobs of runs that are gone', async () => {
    await runSql(target.url, `DELETE FROM users WHERE external_id = 'u1'; UPDATE retrain_schedules SET seed = 9`);
    const before = await contentOf(target.url);
    await expect(restore(target.url, file)).rejects.toThrow(
      'expected an empty database, got one with rows in the table "active_models"; nothing was changed; ' +
        'name another database by DATABASE_URL, or use --replace to delete what it has',
    );
    expect(await contentOf(target.url)).toEqual(before);
    await restore(target.url, file, { replace: true });
    expect(await contentOf(target.url)).toEqual(await contentOf(source.url));
    expect(await runSql(target.url, 'SELECT key FROM graphile_worker.jobs')).toEqual([]);
  });

  test('tells servers that items, scenarios, popularity, features and models have changed', async () => {
    const changes = `SELECT DISTINCT subject::text FROM catalog_changes WHERE ids = '{}' ORDER BY 1`;
    expect((await runSql(target.url, changes)).map(({ subject }) => subject)).toEqual([
      ...['FIELD', 'ITEM', 'MODEL', 'POPULARITY', 'SCENARIO', 'TYPE'],
    ]);
  });

  test('refuses a database that others use', async () => {
    const other = new pg.Client({ connectionString: target.url });
    await other.connect();
    await expect(restore(target.url, file, { replace: true })).rejects.toThrow(
      'expected a database that nobody uses, got one with one other connection; nothing was changed; ' +
        'stop all servers, workers and other clients, and try again',
    );
    await other.end();
  });

  test('refuses a file that is cut off anywhere', async () => {
    const cut = join(folder, 'cut.backup');
    const bytes = await readFile(file);
    for (const share of [0, 0.001, 0.3, 0.9, 1]) {
      await writeFile(cut, bytes);
      await truncate(cut, Math.max(0, Math.floor(bytes.length * share) - 1));
      await expect(checkRestorable(cut)).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringMatching(
          /^expected a complete backup, got .*cut\.backup, which is damaged or no backup \(/,
        ),
      });
    }
    const content = gunzipSync(bytes);
    await writeFile(cut, gzipSync(content.subarray(0, content.lastIndexOf('{"end"'))));
    await expect(checkRestorable(cut)).rejects.toThrow('(it has no end mark); nothing was changed; use another copy');
  });

  test('refuses a file with one altered byte, whether compressed or not', async () => {
    const damaged = join(folder, 'damaged.backup');
    const bytes = await readFile(file);
    // The first ten bytes are the header of gzip, which says nothing about the content.
    for (let at = 10; at < bytes.length; at += Math.ceil(bytes.length / 50)) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] as number) ^ 0x10;
      await writeFile(damaged, copy);
      await expect(checkRestorable(damaged)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    }
    const content = gunzipSync(bytes);
    content[content.indexOf('u1\t')] = 0x76;
    await writeFile(damaged, gzipSync(content));
    await expect(checkRestorable(damaged)).rejects.toThrow('(its content does not have its checksum)');
  });

  test('refuses backups of later versions, and names what they have', async () => {
    const later = await altered('later.backup', (content) =>
      content.replace('"migrations":[', '"migrations":["2999_x",'),
    );
    await expect(checkRestorable(later)).rejects.toThrow(
      `${later} was made by a later version of Warmstart, which has the migration 2999_x; nothing was changed; `,
    );
    const format = await altered('format.backup', (content) => content.replace('"version":1', '"version":2'));
    await expect(checkRestorable(format)).rejects.toThrow('has a later format than this version of Warmstart reads');
    await expect(checkRestorable(join(folder, 'missing'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  test('changes nothing if it fails after it has loaded rows', async () => {
    // An interaction of a user whose ID no user has.
    const orphan = await altered('orphan.backup', (content) => content.replace('\n4\t3\t4\t1\t', '\n4\t0\t4\t1\t'));
    await runSql(target.url, `SELECT setval('users_id_seq', 999)`);
    const before = await contentOf(target.url);
    await expect(restore(target.url, orphan, { replace: true })).rejects.toThrow(
      /^cannot restore .*interactions_user_id_fkey.*; what was stored before is unchanged$/,
    );
    expect(await contentOf(target.url)).toEqual(before);
  });

  test('refuses a backup with a table of something else', async () => {
    await source.pool.query('CREATE TABLE ours (id int)');
    const foreign = join(folder, 'foreign.backup');
    await writeBackup(source.pool, foreign);
    await source.pool.query('DROP TABLE ours');
    await expect(restore(target.url, foreign, { replace: true })).rejects.toThrow(
      'foreign.backup has the column id of the table ours, which is not one of Warmstart; nothing was changed;',
    );
  });

  test('applies to a backup of an earlier version the migrations that it lacks, and keeps that database as it was if it fails', async () => {
    const earlier = `${source.url}_earlier`;
    await ensureDatabase(earlier);
    const names = await migrationNames();
    await migrate(earlier, { only: names.slice(0, names.indexOf('20261129030000_american_spelling')) });
    await runSql(
      earlier,
      `INSERT INTO users (external_id) VALUES ('u1'), ('u2');
       INSERT INTO items (external_id, title) VALUES ('i1', 'First');
       INSERT INTO interactions (user_id, item_id, type, idempotency_key) VALUES (1, 1, 'VIEW', 'import:shop:VIEW:i1:4'), (1, 1, 'VIEW', NULL);
       INSERT INTO retrain_schedules (task_kind, cron, timezone, config, seed) VALUES ('USER', '0 4 * * *', 'UTC', '{"regularisation": 1}', 1);
       INSERT INTO training_runs (task_kind, status, config, seed) VALUES ('USER', 'QUEUED', '{}', 1)`,
    );
    const old = join(folder, 'earlier.backup');
    await opened(earlier, ({ pool }) => writeBackup(pool, old));
    const before = await contentOf(target.url);
    await expect(restore(target.url, old)).rejects.toThrow('expected an empty database');
    expect(await contentOf(target.url)).toEqual(before);
    await restore(target.url, old, { replace: true });
    await migrate(earlier);
    expect(await contentOf(target.url)).toEqual(await contentOf(earlier));
    const recipe = await runSql(target.url, `SELECT config FROM retrain_schedules`);
    expect(recipe).toEqual([{ config: { regularization: 1 } }]);
    expect(await runSql(target.url, `SELECT FROM pg_namespace WHERE nspname = 'warmstart_restore'`)).toEqual([]);
    await runSql(admin, `DROP DATABASE ${new URL(earlier).pathname.slice(1)}`);
  });
});
