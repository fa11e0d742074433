import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { type SilentProxy, startSilentProxy } from '../support/silent-proxy.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(180_000);

/** These tests wait for half a minute or longer. */
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

describe('a server whose database stops answering', () => {
  const db = testDatabase();
  let proxy: SilentProxy;
  let server: ServerProcess;
  const answers: unknown[] = [];

  async function start(): Promise<(query: string) => Promise<number>> {
    proxy = await startSilentProxy(db.url);
    server = await startServerProcess({
      ...{ DATABASE_URL: proxy.url, WARMSTART_ENGINE: 'wasm', WARMSTART_DRAIN_SECONDS: '0' },
    });
    const { secret } = await createApiKey(db.database, { name: 'tests', role: 'ADMIN' });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
    return async (query) => {
      const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
      answers.push(await response.json());
      return response.status;
    };
  }

  afterEach(async () => {
    server.kill('SIGKILL');
    await server.ended;
    await proxy.close();
  });

  slow('fails a running request after 30 s, and answers again as soon as the database does', async () => {
    const ask = await start();
    const users = '{ users(first: 1) { edges { cursor } } }';
    expect(await ask(users)).toBe(200);
    proxy.silence(true);
    const startedAt = performance.now();
    expect(await ask(users)).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(35_000);
    proxy.silence(false);
    expect(await ask(users)).toBe(200);
  });

  slow('makes lists for visitors within 3 s while the database is silent, and marks them', async () => {
    const ask = await start();
    const list = '{ recommendations(for: { visitor: {} }) { degraded } }';
    expect(await ask(list)).toBe(200);
    proxy.silence(true);
    const silentSince = performance.now();
    for (let time = 0; time < 5; time++) {
      const startedAt = performance.now();
      expect(await ask(list)).toBe(200);
      expect(performance.now() - startedAt).toBeLessThan(3000);
      await setTimeout(1500);
    }
    expect(performance.now() - silentSince).toBeGreaterThan(6000);
    expect(answers.at(-1)).toEqual({ data: { recommendations: { degraded: true } } });
  });

  slow('ends on SIGTERM even if the database does not answer', async () => {
    const ask = await start();
    expect(await ask('{ __typename }')).toBe(200);
    proxy.silence(true);
    const startedAt = performance.now();
    server.kill('SIGTERM');
    await server.ended;
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  });
});
