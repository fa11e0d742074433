import { join, resolve } from 'node:path';
import pg from 'pg';
import { positiveFrom } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { countPositivesFrom } from '../store/count-positives-from.ts';
import { type DatabaseOptions, type OpenDatabase, openDatabase } from '../store/database.ts';
import { embeddedPostgres } from '../store/embedded-postgres.ts';
import { ensureDatabase } from '../store/ensure-database.ts';
import { migrate, missingMigrations } from '../store/migrate.ts';
import { migrateQueue } from '../store/migrate-queue.ts';

const minServerVersion = 140_000;
/** The exit status that shells expect of a process that Ctrl+C ended. */
const interruptedStatus = 130;

export interface Store extends OpenDatabase {
  /** Describes where the data is stored, without the password. */
  readonly place: string;
  /** The connection URL, with the password. */
  readonly url: string;
}

export interface StoreOptions
  extends Pick<DatabaseOptions, 'observeStatement' | 'statementMilliseconds' | 'silentMilliseconds'> {
  /** The name of a separate database, for work that must not touch the operator's data. It is emptied first. */
  readonly scratch?: string;
  /** Whether pending migrations are applied. A command that only reads refuses them instead. Default: true. */
  readonly migrates?: boolean;
  /** Whether a command that only reads accepts a database that lacks migrations. Default: false. */
  readonly acceptsPending?: boolean;
  /**
   * Whether popularity counts the positives of the configured rating scale from now on, for all processes that use the
   * database. Default: only in a separate database.
   */
  readonly setsPositives?: boolean;
  /** Number of connections that the embedded PostgreSQL accepts if this process starts it. Default: PostgreSQL's. */
  readonly connections?: number;
  /** Reports that the embedded PostgreSQL is waited for, and why. Default: to standard error. */
  readonly waiting?: (message: string) => void;
}

type OpenOptions = Omit<StoreOptions, 'scratch' | 'connections' | 'waiting'> & Pick<Config, 'ratingScale'>;

/** Runs the work of a command with the platform's database, which it closes in the end. */
export async function withStore(work: (store: Store, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(process.env);
  const store = await openStore(config);
  try {
    await work(store, config);
  } finally {
    await store.close();
  }
}

/**
 * Opens the platform's database and applies pending migrations. Uses the server of `config.databaseUrl` if it is set,
 * and the embedded PostgreSQL otherwise. Throws INVALID_CONFIGURATION if the server cannot be used, or if migrations
 * are pending that are not to be applied.
 */
export async function openStore(
  config: Config,
  { scratch, connections, waiting = toStandardError, ...given }: StoreOptions = {},
): Promise<Store> {
  const options = { setsPositives: scratch !== undefined, ...given, ratingScale: config.ratingScale };
  if (config.databaseUrl) return openGivenServer(config.databaseUrl, scratch, options);
  const directory = join(resolve(config.dataDirectory), 'postgres');
  const settings = connections ? [`max_connections=${connections}`] : [];
  const server = await embeddedPostgres(directory, { settings, waiting });
  // An interrupted command must not leave the server running. PostgreSQL rolls back its open transaction.
  const unregister = onInterruption(() => void server.release().finally(() => process.exit(interruptedStatus)));
  try {
    const url = server.url(scratch ?? 'warmstart');
    await ensureDatabase(url, { fresh: scratch !== undefined });
    const open = await openMigrated(url, options);
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

function toStandardError(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function openGivenServer(databaseUrl: string, scratch: string | undefined, options: OpenOptions): Promise<Store> {
  const url = new URL(databaseUrl);
  if (scratch) url.pathname = `/${scratch}`;
  const place = `PostgreSQL at ${url.host}, database ${url.pathname.slice(1)}`;
  try {
    if (scratch) await ensureDatabase(url.href, { fresh: true });
    await checkVersion(url.href);
  } catch (cause) {
    if (cause instanceof WarmstartError) throw cause;
    throw new WarmstartError('INVALID_CONFIGURATION', `DATABASE_URL: cannot use ${place}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  return { ...(await openMigrated(url.href, options)), place, url: url.href };
}

async function openMigrated(
  url: string,
  { migrates = true, acceptsPending = false, setsPositives, ratingScale, ...options }: OpenOptions,
): Promise<OpenDatabase> {
  if (migrates) {
    await migrate(url);
    await migrateQueue(url);
    if (setsPositives) await countPositivesFrom(url, positiveFrom(ratingScale));
    return openDatabase(url, options);
  }
  const open = openDatabase(url, options);
  if (acceptsPending) return open;
  try {
    const [missing] = await missingMigrations(open.database);
    if (missing === undefined) return open;
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `expected a database that is up to date, got one without the migration ${missing}; run migrate first`,
    );
  } catch (error) {
    await open.close();
    throw error;
  }
}

async function checkVersion(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
    const version = Number(rows[0]?.version);
    if (version >= minServerVersion) return;
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `DATABASE_URL: expected PostgreSQL 14 or newer, got version ${Math.floor(version / 10_000)}`,
    );
  } finally {
    await client.end();
  }
}

/** When a host name has several addresses, the reasons are inside an AggregateError. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
