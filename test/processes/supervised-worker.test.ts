import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { startTraining } from '../../src/runs/start-and-cancel-training.ts';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { openCluster, type PostgresCluster } from '../../src/store/postgres-cluster.ts';
import { endlessTraining, loadSmallData } from '../pipeline/small-training.ts';
import { eventually } from '../support/eventually.ts';
import { type ServerProcess, type SpawnOptions, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

jest.setTimeout(120_000);

describe('the command serve', () => {
  let server: ServerProcess | undefined;
  // Before the database is dropped, nobody may use it any more.
  afterEach(async () => {
    server?.kill('SIGKILL');
    await server?.ended;
  });
  const db = testDatabase();

  /** A server, and what it and its worker write to standard error. */
  const serve = async (args: readonly string[] = [], options: SpawnOptions = {}) => {
    const started = await startServerProcess({ DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' }, args, options);
    server = started;
    return { ...started, log: () => started.written.errors };
  };
  const workersOf = (log: string) =>
    Array.from(log.matchAll(/"worker":(\d+),"msg":"started a worker"/g), ([, pid]) => Number(pid));
  const working = (log: string) => log.split('"msg":"working"').length - 1;

  test('starts its worker again when the worker dies, and stops it when it stops', async () => {
    // A process that is forked must get the hooks of tsx.
    const { kill, ended, log } = await serve([], { byTsx: true });
    await eventually(async () => working(log()) === 1);
    const [first] = workersOf(log()) as [number];
    // A worker trains, and servers have the processor first.
    expect(getPriority(first)).toBeGreaterThan(getPriority(process.pid));
    process.kill(first, 'SIGKILL');
    await eventually(async () => working(log()) === 2);
    const second = workersOf(log())[1] as number;
    expect(second).not.toBe(first);
    kill('SIGTERM');
    expect((await ended).status).toBe(0);
    expect(isAlive(second)).toBe(false);
  });

  test('ends its worker when it is killed', async () => {
    const { kill, ended, log } = await serve();
    await eventually(async () => working(log()) === 1);
    const [worker] = workersOf(log()) as [number];
    kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker), { within: 10_000 });
  });

  test('ends its worker when it is killed before the worker is ready', async () => {
    const { kill, ended, log } = await serve();
    const [worker] = (await eventually(async () => workersOf(log()).length > 0 && workersOf(log()))) as number[];
    kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker as number), { within: 15_000 });
  });

  test('starts no worker with --no-worker', async () => {
    const { kill, ended, log } = await serve(['--no-worker']);
    kill('SIGTERM');
    expect((await ended).status).toBe(0);
    expect(workersOf(log())).toEqual([]);
  });
});

/** A PostgreSQL of the test's own, which it may stop. */
describe('the command serve, when its database goes away', () => {
  let server: ServerProcess | undefined;
  let cluster: PostgresCluster | undefined;
  let directory: string | undefined;
  afterEach(async () => {
    server?.kill('SIGKILL');
    await server?.ended;
    if (await cluster?.runningPort()) await cluster?.stop();
    if (directory) await rm(directory, { recursive: true });
  });

  test('has a worker again once the database is back, and the worker continues the training run', async () => {
    directory = await mkdtemp(join(tmpdir(), 'warmstart-away-'));
    cluster = await openCluster(join(directory, 'postgres'), ['fsync=off']);
    const port = await cluster.start();
    const url = `postgresql://${cluster.superuser}:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/warmstart`;
    await ensureDatabase(url);
    const started = await startServerProcess({ DATABASE_URL: url, WARMSTART_ENGINE: 'wasm' }, []);
    server = started;
    const messages = (name: string) => started.log().flatMap((line) => (line.name === name ? [String(line.msg)] : []));
    const working = () => messages('worker').filter((message) => message === 'working').length;
    const id = await inDatabase(url, async (open) => {
      await loadSmallData(open);
      return startTraining(open.database, { training: endlessTraining });
    });
    const runOf = () => inDatabase(url, ({ database }) => database.trainingRun.findUniqueOrThrow({ where: { id } }));
    await eventually(async () => ((await runOf()).progress as { phase?: string }).phase === 'TRAINING', {
      within: 60_000,
      every: 250,
    });
    await cluster.stop();
    // The worker that trained, and one that was started when there was nothing to open.
    const ends = () => started.written.errors.match(/"status":1,"signal":null,"pause":\d+/g)?.length ?? 0;
    await eventually(async () => ends() >= 2, {
      within: 60_000,
      describe: async () => started.written.errors,
    });
    await cluster.start(port);
    await eventually(async () => working() === 2, {
      within: 40_000,
      describe: async () => started.written.errors,
    });
    await eventually(async () => (await runOf()).attempt === 2, { within: 40_000, every: 250 });
    // No raw stack: what is not a line of a log is what a start without a database says.
    const others = started.written.errors
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('{') && !/^error: DATABASE_URL: cannot use/.test(line));
    expect(others).toEqual([]);
    expect(await started.stop()).toBe(0);
  });
});

describe('the command worker', () => {
  test('exits with status 1 if its database is unreachable, even if its parent keeps the channel open', async () => {
    await expect(startWorkerProcess({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })).rejects.toThrow(
      /ended early, with 1: error: DATABASE_URL: cannot use PostgreSQL at 127\.0\.0\.1:1/,
    );
  });
});

async function inDatabase<T>(url: string, work: (open: OpenDatabase) => Promise<T>): Promise<T> {
  const open = openDatabase(url);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
