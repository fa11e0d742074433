import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { embeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { openCluster } from '../../src/store/postgres-cluster.ts';
import { type Ask, clientOf } from '../../test/support/server-client.ts';
import { startWorkerProcess, type WorkerProcess } from '../../test/support/worker-process.ts';
import { type MeasuredServer, startMeasuredServer } from '../serving/server.ts';
import type { OnEnd } from '../support/clean-up.ts';

export interface ConnectedDatabase extends OpenDatabase {
  readonly url: string;
}

export interface AttackedServer extends MeasuredServer {
  /** Sends an operation with the admin key. */
  readonly ask: Ask;
}

const databaseName = 'warmstart';

/**
 * A platform to attack: processes on an embedded PostgreSQL with a data folder of its own. After the beginning of the
 * end, nothing can be started.
 */
export class Platform {
  readonly #dataDirectory: string;
  readonly #onEnd: OnEnd;

  constructor(dataDirectory: string, onEnd: OnEnd) {
    this.#dataDirectory = dataDirectory;
    this.#onEnd = onEnd;
    onEnd(() => this.#stopPostgres());
  }

  /** Keeps PostgreSQL running, as every process of the platform does, until the database is closed. */
  join(): Promise<ConnectedDatabase> {
    // Unless it is closed before, this process would start PostgreSQL again when the end stops it.
    return this.#start(
      () => joinPostgres(this.#postgresDirectory),
      (joined) => joined.close(),
    );
  }

  /** Connects to PostgreSQL, which runs, without keeping it running or starting it again. */
  async connect(): Promise<ConnectedDatabase> {
    const [password, postmaster] = await Promise.all([this.#clusterFile('warmstart-password'), this.#postmaster()]);
    const url = `postgresql://warmstart:${password}@127.0.0.1:${postmaster[3]}/${databaseName}`;
    return { ...openDatabase(url), url };
  }

  async startServer(key: string): Promise<AttackedServer> {
    const settings = { DATABASE_URL: '', WARMSTART_DATA_DIR: this.#dataDirectory };
    const server = await this.#start(
      () => startMeasuredServer(settings),
      ({ end }) => end('SIGKILL'),
    );
    return { ...server, ask: clientOf(server, key) };
  }

  /** Starts a worker that keeps all versions, so that they can be counted. */
  startWorker({ url }: ConnectedDatabase): Promise<WorkerProcess> {
    return this.#start(
      () => startWorkerProcess({ DATABASE_URL: url, WARMSTART_ENGINE: 'auto', WARMSTART_KEPT_VERSIONS: '0' }),
      ({ child, ended }) => {
        child.kill('SIGKILL');
        return ended;
      },
    );
  }

  /** Returns the process ID of PostgreSQL's first process, without which no other of them goes on. */
  async pidOfPostgres(): Promise<number> {
    const pid = Number((await this.#postmaster())[0]);
    // A signal to 0 or a negative number would reach this process too.
    if (!(pid > 1)) throw new Error(`expected the process ID of PostgreSQL, got ${pid}`);
    return pid;
  }

  /** Starts something that the end stops, even if the end begins before it has started. */
  async #start<T>(start: () => Promise<T>, stop: (started: T) => Promise<unknown>): Promise<T> {
    let starting: Promise<T> | undefined;
    this.#onEnd(async () => starting?.then(stop, () => {}));
    starting = start();
    return starting;
  }

  get #postgresDirectory(): string {
    return join(this.#dataDirectory, 'postgres');
  }

  /** Returns the lines of the file that a running PostgreSQL keeps. */
  async #postmaster(): Promise<string[]> {
    return (await this.#clusterFile('postmaster.pid')).split('\n');
  }

  #clusterFile(name: string): Promise<string> {
    return readFile(join(this.#postgresDirectory, 'cluster', name), 'utf8');
  }

  /** A server that was killed leaves PostgreSQL behind. */
  async #stopPostgres(): Promise<void> {
    if (!existsSync(join(this.#postgresDirectory, 'cluster', 'postmaster.pid'))) return;
    const cluster = await openCluster(this.#postgresDirectory, []);
    if ((await cluster.runningPort()) !== undefined) await cluster.stop();
  }
}

/** The database can be closed more than once. */
async function joinPostgres(directory: string): Promise<ConnectedDatabase> {
  const server = await embeddedPostgres(directory);
  const url = server.url(databaseName);
  const open = openDatabase(url);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= open.close().then(() => server.release());
    return closing;
  };
  return { ...open, url, close };
}
