import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { eventually } from '../support/eventually.ts';
import { InteractionLedger } from '../support/interaction-ledger.ts';
import { clientOf } from '../support/server-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

jest.setTimeout(300_000);
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;
const cycles = 20;
const concurrent = 8;
const settings = {
  WARMSTART_ENGINE: 'wasm',
  WARMSTART_COST_PER_MINUTE: '1000000000',
  WARMSTART_REQUESTS_PER_MINUTE: '1000000',
};

/** Different in each cycle, so that the kill meets different work. */
const untilKill = (cycle: number) => 100 + ((cycle * 37) % 200);
/** Maximum time from the end of PostgreSQL to a server that is ready. */
const readyMilliseconds = 10_000;
const noFaults = { lost: [], doubled: [], unknown: [] };

const summary = ({ acknowledged, retried }: InteractionLedger) =>
  `${acknowledged.size} interactions acknowledged, ${retried} of them by a retry`;

async function isReady({ url }: ServerProcess): Promise<boolean> {
  return (await fetch(new URL('/readyz', url))).ok;
}

/** Stores a small catalog without interactions, and returns an API key. */
async function prepare({ database, pool }: Pick<OpenDatabase, 'database' | 'pool'>): Promise<string> {
  await loadDataset(pool, smallDataset(smallCatalog(5, 20)), { ratingScale: { minimum: 1, maximum: 5 } });
  return (await createApiKey(database, { name: 'tests', role: 'ADMIN' })).secret;
}

/** Records interactions with several clients at once, and kills what `kill` kills in the middle of it. */
async function recordAndKill(
  ledger: InteractionLedger,
  ask: ReturnType<typeof clientOf>,
  cycle: number,
  kill: () => void,
) {
  const stop = new AbortController();
  const before = ledger.acknowledged.size;
  const clients = Array.from({ length: concurrent }, () => ledger.record(ask, stop.signal));
  await eventually(async () => ledger.acknowledged.size > before);
  await setTimeout(untilKill(cycle));
  kill();
  stop.abort();
  await Promise.all(clients);
}

let server: ServerProcess | undefined;
async function end(signal: NodeJS.Signals) {
  server?.kill(signal);
  await server?.ended;
  server = undefined;
}

describe('a server that is killed', () => {
  // Before the database is dropped, which fails while the server has connections to it.
  afterAll(() => end('SIGKILL'));
  const db = testDatabase();

  slow('twenty times loses no interaction that it acknowledged, and retries store none twice', async () => {
    const key = await prepare(db);
    const ledger = new InteractionLedger();
    for (let cycle = 0; cycle < cycles; cycle++) {
      server = await startServerProcess({ ...settings, DATABASE_URL: db.url });
      const ask = clientOf(server, key);
      expect(await ledger.retry(ask)).toBe(true);
      await recordAndKill(ledger, ask, cycle, () => server?.kill('SIGKILL'));
      await server.ended;
      expect(await ledger.faults(db.pool)).toEqual(noFaults);
    }
    expect(ledger.retried).toBeGreaterThan(0);
    process.stdout.write(`${cycles} kills of a server: ${summary(ledger)}\n`);
  });
});

describe('an embedded PostgreSQL that is killed', () => {
  let directory: string;
  let open: OpenDatabase | undefined;
  let worker: WorkerProcess | undefined;
  afterEach(async () => {
    await open?.close();
    worker?.child.kill('SIGTERM');
    await worker?.ended;
    // A process that is stopped does not end.
    server?.kill('SIGCONT');
    await end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  });

  const clusterFile = (name: string) => readFile(join(directory, 'postgres', 'cluster', name), 'utf8');
  const postmaster = async () => (await clusterFile('postmaster.pid')).split('\n');
  const pidOfPostmaster = async () => Number((await postmaster())[0]);

  async function startServer(): Promise<ServerProcess> {
    directory = await mkdtemp(join(tmpdir(), 'warmstart-killed-'));
    server = await startServerProcess({ ...settings, WARMSTART_DATA_DIR: directory });
    return server;
  }

  test('comes back for a server that was stopped while another process started it again', async () => {
    const running = await startServer();
    const [pid, , , port] = await postmaster();
    running.kill('SIGSTOP');
    process.kill(Number(pid), 'SIGKILL');
    worker = await startWorkerProcess({ WARMSTART_DATA_DIR: directory });
    expect((await postmaster())[3]).toBe(port);
    running.kill('SIGCONT');
    await eventually(() => isReady(running), { within: readyMilliseconds });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    await eventually(() => isReady(running), { within: readyMilliseconds });
    expect(await running.stop()).toBe(0);
  });

  slow('twenty times comes back with every interaction that was acknowledged, none twice', async () => {
    const running = await startServer();
    const port = (await postmaster())[3];
    const password = await clusterFile('warmstart-password');
    open = openDatabase(`postgresql://warmstart:${password}@127.0.0.1:${port}/warmstart`);
    const { pool } = open;
    const ask = clientOf(running, await prepare(open));
    const ledger = new InteractionLedger();
    let longest = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      const pid = await pidOfPostmaster();
      expect(pid).toBeGreaterThan(1);
      await recordAndKill(ledger, ask, cycle, () => process.kill(pid, 'SIGKILL'));
      const killed = performance.now();
      const answers = async () => (await ask('{ users(first: 1) { edges { cursor } } }')).status === 200;
      const restarted = async () => (await pidOfPostmaster().catch(() => pid)) !== pid;
      await eventually(async () => (await restarted()) && (await isReady(running)) && (await answers()), {
        within: readyMilliseconds,
        describe: async () => running.written.errors.slice(-2000),
      });
      longest = Math.max(longest, performance.now() - killed);
      expect(await ledger.retry(ask)).toBe(true);
      expect(await ledger.faults(pool)).toEqual(noFaults);
      expect((await postmaster())[3]).toBe(port);
    }
    process.stdout.write(
      `${cycles} kills of PostgreSQL: ${summary(ledger)}, back after at most ${Math.round(longest)} ms\n`,
    );
  });
});
