import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);
const root = join(import.meta.dirname, '..', '..');
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;

describe('the command serve', () => {
  const db = testDatabase();
  let server: ChildProcess | undefined;

  /** A server on a free port, and what it and its worker write to standard error. */
  const serve = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, ['--import', tsx, join(root, 'src', 'main.ts'), 'serve', ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: db.url, WARMSTART_PORT: '0', WARMSTART_ENGINE: 'wasm' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    server = child;
    let [output, log] = ['', ''];
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (log += chunk));
    await eventually(async () => output.includes('GraphQL on'));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, ended, log: () => log };
  };
  const workersOf = (log: string) =>
    Array.from(log.matchAll(/"worker":(\d+),"msg":"started a worker"/g), ([, pid]) => Number(pid));
  const working = (log: string) => log.split('"msg":"working"').length - 1;

  afterEach(() => {
    server?.kill('SIGKILL');
  });

  test('keeps a worker, which is started again when it dies, and ends with it', async () => {
    const { child, ended, log } = await serve();
    await eventually(async () => working(log()) === 1);
    const [first] = workersOf(log()) as [number];
    process.kill(first, 'SIGKILL');
    await eventually(async () => working(log()) === 2);
    const second = workersOf(log())[1] as number;
    expect(second).not.toBe(first);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(isAlive(second)).toBe(false);
  });

  test('killed outright, takes its worker along', async () => {
    const { child, ended, log } = await serve();
    await eventually(async () => working(log()) === 1);
    const [worker] = workersOf(log()) as [number];
    child.kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker), { within: 10_000 });
  });

  test('killed before its worker is ready, takes it along all the same', async () => {
    const { child, ended, log } = await serve();
    const [worker] = (await eventually(
      async () => workersOf(log()).length > 0 && workersOf(log()),
    )) as number[];
    child.kill('SIGKILL');
    await ended;
    await eventually(async () => !isAlive(worker as number), { within: 15_000 });
  });

  test('starts none where it is told not to', async () => {
    const { child, ended, log } = await serve('--no-worker');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
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
