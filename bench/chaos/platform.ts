import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { embeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { openCluster } from '../../src/store/postgres-cluster.ts';
import { type Ask, clientOf } from '../../test/support/server-client.ts';
import { startWorkerProcess, type WorkerProcess } from '../../test/support/worker-process.ts';
import { type MeasuredServer, startMeasuredServer } from '../serving/server.ts';
import type { Stop } from '../support/clean-up.ts';

/** Takes what must be stopped in the end, also after an error. */
export type OnEnd = (stop: Stop) => void;

export interface ConnectedDatabase extends OpenDatabase {
  readonly url: string;
}

export interface AttackedServer extends MeasuredServer {
  /** Sends an operation with the admin key. */
  readonly ask: Ask;
}

const databaseName = 'warmstart';

/** A platform to attack: processes on an embedded PostgreSQL with a data folder of its own. */
export class Platform {
  readonly #dataDirectory: string;
  readonly #onEnd: OnEnd;

  constructor(dataDirectory: string, onEnd: OnEnd) {
    this.#dataDirectory = dataDirectory;
    this.#onEnd = onEnd;
    onEnd(() => this.#stopPostgres());
  }

  /** Keeps PostgreSQL running, as every process of the platform does, until the database is closed. */
  async join(): Promise<ConnectedDatabase> {
    const server = await embeddedPostgres(this.#postgresDirectory);
    const url = server.url(databaseName);
    const open = openDatabase(url);
    const close = async () => {
      await open.close();
      await server.release();
    };
    return { ...open, url, close };
  }

  /** Connects to PostgreSQL, which runs, without keeping it running or starting it again. */
  async connect(): Promise<ConnectedDatabase> {
    const [password, postmaster] = await Promise.all([this.#clusterFile('warmstart-password'), this.#postmaster()]);
    const url = `postgresql://warmstart:${password}@127.0.0.1:${postmaster[3]}/${databaseName}`;
    return { ...openDatabase(url), url };
  }

  async startServer(key: string): Promise<AttackedServer> {
    const server = await startMeasuredServer({ DATABASE_URL: '', WARMSTART_DATA_DIR: this.#dataDirectory });
    this.#onEnd(() => server.end('SIGKILL'));
    return { ...server, ask: clientOf(server, key) };
  }

  /** Starts a worker that keeps all versions, so that they can be counted. */
  async startWorker({ url }: ConnectedDatabase): Promise<WorkerProcess> {
    const worker = await startWorkerProcess(url, { WARMSTART_ENGINE: 'auto', WARMSTART_KEPT_VERSIONS: '0' });
    this.#onEnd(async () => worker.child.kill('SIGKILL'));
    return worker;
  }

  /** Returns the process ID of PostgreSQL's first process, without which no other of them goes on. */
  async pidOfPostgres(): Promise<number> {
    const pid = Number((await this.#postmaster())[0]);
    // A signal to 0 or a negative number would reach this process too.
    if (!(pid > 1)) throw new Error(`expected the process ID of PostgreSQL, got ${pid}`);
    return pid;
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
