import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedPostgres, embeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';

describe('embeddedPostgres', () => {
  let directory: string;

  beforeAll(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'warmstart-embedded-')), 'postgres');
  });
  afterAll(() => rm(join(directory, '..'), { recursive: true, force: true }));

  async function killPostmaster(signal: NodeJS.Signals) {
    const [pid] = (await readFile(join(directory, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), signal);
  }

  test('concurrent calls create one cluster', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => embeddedPostgres(directory)));
    expect(new Set(servers.map((server) => server.url('postgres'))).size).toBe(1);
    expect((await readdir(directory)).sort()).toEqual(['cluster', 'port', 'server.log']);
    for (const server of servers) await server.release();
  });

  test('keeps its data across restarts', async () => {
    const first = await embeddedPostgres(directory);
    await runSql(first.url('postgres'), 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.release();
    const second = await embeddedPostgres(directory);
    expect(await runSql(second.url('postgres'), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.release();
  });

  test('is one server for all callers, and stops when the last caller releases it', async () => {
    const first = await embeddedPostgres(directory);
    const second = await embeddedPostgres(directory);
    expect(second.url('postgres')).toBe(first.url('postgres'));
    await first.release();
    expect(await runSql(second.url('postgres'), 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
    await second.release();
    await expect(runSql(first.url('postgres'), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  test('concurrent calls on a stopped cluster start one server', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => embeddedPostgres(directory)));
    expect(new Set(servers.map((server) => server.url('postgres'))).size).toBe(1);
    for (const server of servers) await server.release();
  });

  test('keeps running for a process that lost its connections in a crash, when another process leaves', async () => {
    const first = await embeddedPostgres(directory);
    const second = await embeddedPostgres(directory);
    await runSql(
      first.url('postgres'),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'warmstart presence'`,
    );
    await eventually(async () => (await presences(first.url('postgres'))) === 2);
    await second.release();
    expect(await runSql(first.url('postgres'), 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
    await first.release();
  });

  test('starts on the same port after it was stopped by hand', async () => {
    const server = await embeddedPostgres(directory);
    const port = portOf(server);
    await killPostmaster('SIGQUIT');
    await eventually(async () => (await presences(server.url('postgres')).catch(() => 0)) === 1);
    expect(portOf(server)).toBe(port);
    await server.release();
  });

  test('starts on the port of the last time', async () => {
    const first = await embeddedPostgres(directory);
    await first.release();
    const second = await embeddedPostgres(directory);
    expect(portOf(second)).toBe(portOf(first));
    await second.release();
  });

  test('takes another port if another program took its port while nobody used the data', async () => {
    const first = await embeddedPostgres(directory);
    await first.release();
    const other = await occupy(portOf(first));
    const second = await embeddedPostgres(directory);
    expect(portOf(second)).not.toBe(portOf(first));
    await second.release();
    await close(other);
  });

  test('after a crash, waits until another program frees its port', async () => {
    const waiting: string[] = [];
    const server = await embeddedPostgres(directory, { waiting: (message) => waiting.push(message) });
    await killPostmaster('SIGKILL');
    const other = await occupy(portOf(server));
    // Another process that begins to use the data must not start the server elsewhere.
    const second = embeddedPostgres(directory);
    await eventually(async () => waiting.length > 0);
    expect(waiting[0]).toContain(directory);
    await close(other);
    expect(portOf(await second)).toBe(portOf(server));
    await eventually(async () => (await presences(server.url('postgres'))) === 2);
    await (await second).release();
    await server.release();
  });

  test('is released without an error while it cannot be started again', async () => {
    const server = await embeddedPostgres(directory);
    await killPostmaster('SIGKILL');
    const other = await occupy(portOf(server));
    await expect(server.release()).resolves.toBeUndefined();
    await close(other);
  });

  test('names the path that it cannot use', async () => {
    await expect(embeddedPostgres(join(directory, '$HOME'))).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
    });
    await expect(embeddedPostgres('/dev/null/postgres')).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
    });
  });

  test('requires a password that only the owner of the data can read', async () => {
    const server = await embeddedPostgres(directory);
    const wrong = new URL(server.url('postgres'));
    wrong.password = 'guess';
    await expect(runSql(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const password = join(directory, 'cluster', 'warmstart-password');
    expect((await stat(password)).mode & 0o077).toBe(0);
    expect((await readFile(password, 'utf8')).length).toBeGreaterThanOrEqual(32);
    await server.release();
  });

  test('listens only on the loopback interface', async () => {
    const server = await embeddedPostgres(directory);
    expect(await runSql(server.url('postgres'), 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await server.release();
  });
});

const portOf = (server: EmbeddedPostgres) => Number(new URL(server.url('postgres')).port);

/** Takes a port as soon as it is free. */
function occupy(port: number): Promise<Server> {
  return eventually(() => listen(port).catch(() => undefined), { every: 1 });
}

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  await once(server.close(), 'close');
}

async function presences(url: string): Promise<number> {
  const rows = await runSql(url, `SELECT 1 FROM pg_stat_activity WHERE application_name = 'warmstart presence'`);
  return rows.length;
}
