import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

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
  const serve = async (...args: readonly string[]) => {
    const started = await startServerProcess({ DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' }, args);
    server = started;
    return { ...started, log: () => started.written.errors };
  };
  const workersOf = (log: string) =>
    Array.from(log.matchAll(/"worker":(\d+),"msg":"started a worker"/g), ([, pid]) => Number(pid));
  const working = (log: string) => log.split('"msg":"working"').length - 1;

  test('keeps a worker, which is started again when it dies, and ends with it', async () => {
    const { kill, ended, log } = await serve();
    await eventually(async () => working(log()) === 1);
    const [first] = workersOf(log()) as [number];
    process.kill(first, 'SIGKILL');
    await eventually(async () => working(log()) === 2);
    const second = workersOf(log())[1] as number;
    expect(second).not.toBe(first);
    kill('SIGTERM');
    expect((await ended).status).toBe(0);
    expect(isAlive(second)).toBe(false);
  });

  test('killed outright, takes its worker along', async () => {
    const { kill, ended, log } = await serve();
    await eventually(async () => working(log()) === 1);
    const [worker] = workersOf(log()) as [number];
    kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker), { within: 10_000 });
  });

  test('killed before its worker is ready, takes it along all the same', async () => {
    const { kill, ended, log } = await serve();
    const [worker] = (await eventually(
      async () => workersOf(log()).length > 0 && workersOf(log()),
    )) as number[];
    kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker as number), { within: 15_000 });
  });

  test('starts none where it is told not to', async () => {
    const { kill, ended, log } = await serve('--no-worker');
    kill('SIGTERM');
    expect((await ended).status).toBe(0);
    expect(workersOf(log())).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
