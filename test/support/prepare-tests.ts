import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrateQueue } from '../../src/store/migrate-queue.ts';
import { compileSource } from './compile-source.ts';

// Test data does not have to survive a power failure.
const settings = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=200'];

/**
 * Starts one PostgreSQL for all tests, with a migrated template database that each test file clones, and compiles the
 * program that tests start as a process.
 */
export default async function prepareTests(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'warmstart-test-'));
  process.env.WARMSTART_TEST_PROGRAM = await compileSource(directory);
  const server = await embeddedPostgres(join(directory, 'postgres'), { settings });
  try {
    const template = server.url('warmstart_template');
    await ensureDatabase(template);
    await migrate(template);
    await migrateQueue(template);
  } catch (error) {
    await server.release();
    throw error;
  }
  process.env.WARMSTART_TEST_SERVER = server.url('postgres');
  Object.assign(globalThis, { warmstartTestPostgres: { server, directory } });
}
