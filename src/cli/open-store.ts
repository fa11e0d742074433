import { join, resolve } from 'node:path';
import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';
import type { Config } from '../config.ts';
import { type DatabaseOptions, type OpenDatabase, openDatabase } from '../store/database.ts';
import { embeddedPostgres } from '../store/embedded-postgres.ts';
import { ensureDatabase } from '../store/ensure-database.ts';
import { migrate } from '../store/migrate.ts';
import { migrateQueue } from '../store/migrate-queue.ts';
import { onInterruption } from './interruption.ts';

const minServerVersion = 140_000;
/** The status by which a shell knows a process that Ctrl+C ended. */
const interrupted = 130;

export interface Store extends OpenDatabase {
  /** Where the data is, in words, without a password. */
  readonly place: string;
  /** With its password. */
  readonly url: string;
}

export interface StoreOptions extends Pick<DatabaseOptions, 'observeStatement' | 'statementMilliseconds'> {
  /** A database of its own for work that must not touch the operator's data; emptied first. */
  readonly scratch?: string;
}

/** Opens the platform's database, migrated: the operator's server, or else the embedded one. */
export async function openStore(config: Config, { scratch, ...options }: StoreOptions = {}): Promise<Store> {
  if (config.databaseUrl) return openOwn(config.databaseUrl, scratch, options);
  const directory = join(resolve(config.dataDirectory), 'postgres');
  const server = await embeddedPostgres(directory);
  // A command that is stopped half-way must not leave the server running; what it had begun is rolled back.
  const unregister = onInterruption(() => void server.release().finally(() => process.exit(interrupted)));
  try {
    const url = server.url(scratch ?? 'warmstart');
    await ensureDatabase(url, { fresh: scratch !== undefined });
    await migrate(url);
    await migrateQueue(url);
    const open = openDatabase(url, options);
    return {
      ...open,
      place: `embedded PostgreSQL in ${directory}`,
      url,
      async close() {
        await open.close();
        await server.release();
        unregister();
      },
    };
  } catch (error) {
    await server.release();
    unregister();
    throw error;
  }
}

async function openOwn(
  databaseUrl: string,
  scratch: string | undefined,
  options: DatabaseOptions,
): Promise<Store> {
  const url = new URL(databaseUrl);
  if (scratch) url.pathname = `/${scratch}`;
  const place = `PostgreSQL at ${url.host}, database ${url.pathname.slice(1)}`;
  try {
    if (scratch) await ensureDatabase(url.href, { fresh: true });
    await checkVersion(url.href);
  } catch (cause) {
    if (cause instanceof WarmstartError) throw cause;
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `DATABASE_URL: cannot use ${place}: ${reasonOf(cause)}`,
      { cause },
    );
  }
  await migrate(url.href);
  await migrateQueue(url.href);
  return { ...openDatabase(url.href, options), place, url: url.href };
}

async function checkVersion(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>(
      `SELECT current_setting('server_version_num') AS version`,
    );
    const version = Number(rows[0]?.version);
    if (version >= minServerVersion) return;
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `DATABASE_URL: PostgreSQL 14 or newer is needed, this is ${Math.floor(version / 10_000)}`,
    );
  } finally {
    await client.end();
  }
}

/** A refused connection to a name with several addresses carries its reasons inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
