import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { embeddedPostgres } from '../../src/store/embedded-postgres.ts';
import { startServerProcess } from '../support/server-process.ts';

jest.setTimeout(120_000);

/** Each server runs in its own process, with its own embedded PostgreSQL. */
describe('a server process', () => {
  let data: string;

  const serve = () => startServerProcess({ WARMSTART_DATA_DIR: data });
  const ask = async (url: string) => {
    const body = JSON.stringify({ query: '{ __typename }' });
    return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  };

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'warmstart-serve-'));
  });
  afterAll(() => rm(data, { recursive: true, force: true }));

  test.each(['SIGINT', 'SIGTERM'] as const)('exits with status 0 on %s and stops its PostgreSQL', async (signal) => {
    const server = await serve();
    expect(await ask(server.url)).toEqual({ data: { __typename: 'Query' } });
    server.kill(signal);
    expect(await server.ended).toMatchObject({ status: 0, signal: null });
    const postgres = await embeddedPostgres(join(data, 'postgres'));
    const started = await uptime(postgres.url('postgres'));
    await postgres.release();
    // A PostgreSQL that had been left running would have been up for longer.
    expect(started).toBeLessThan(3);
  });

  test('loses nothing when killed: the next server continues with the same PostgreSQL', async () => {
    const first = await serve();
    first.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    const second = await serve();
    expect(await ask(second.url)).toEqual({ data: { __typename: 'Query' } });
    expect(await second.stop()).toBe(0);
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
