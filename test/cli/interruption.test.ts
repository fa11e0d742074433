import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { embeddedPostgres } from '../../src/store/embedded-postgres.ts';

const root = join(import.meta.dirname, '..', '..');
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;

/** The server runs in a process of its own, with an embedded PostgreSQL of its own. */
describe('a server process', () => {
  let data: string;

  const serve = (): Promise<{ child: ChildProcess; url: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', tsx, join(root, 'src', 'main.ts'), 'serve'], {
        env: { PATH: process.env.PATH, WARMSTART_DATA_DIR: data, WARMSTART_PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
        const url = /GraphQL on (\S+)/.exec(output)?.[1];
        if (url) resolve({ child, url });
      });
      child.on('exit', () => reject(new Error(`the server ended early: ${output}`)));
    });
  const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ask = async (url: string) => {
    const body = JSON.stringify({ query: '{ __typename }' });
    return (
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    ).json();
  };

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'warmstart-serve-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with status 0 at %s, and takes its PostgreSQL along',
    async (signal) => {
      const { child, url } = await serve();
      expect(await ask(url)).toEqual({ data: { __typename: 'Query' } });
      const end = ended(child);
      child.kill(signal);
      expect(await end).toBe(0);
      const server = await embeddedPostgres(join(data, 'postgres'));
      const started = await uptime(server.url('postgres'));
      await server.release();
      // A server left running would be older than this moment's start.
      expect(started).toBeLessThan(3);
    },
  );

  test('killed outright, loses nothing: the next one serves on from the same PostgreSQL', async () => {
    const first = await serve();
    const end = ended(first.child);
    first.child.kill('SIGKILL');
    await end;
    const second = await serve();
    expect(await ask(second.url)).toEqual({ data: { __typename: 'Query' } });
    const secondEnd = ended(second.child);
    second.child.kill('SIGTERM');
    expect(await secondEnd).toBe(0);
  });
});

/** Seconds since the server started. */
async function uptime(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ seconds: number }>(
    'SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS seconds',
  );
  await client.end();
  return rows[0]?.seconds as number;
}
