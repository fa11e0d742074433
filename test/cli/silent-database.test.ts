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

  slow('fails a running query after 10 s, and answers again as soon as the database does', async () => {
    const ask = await start();
    const users = '{ users(first: 1) { edges { cursor } } }';
    expect(await ask(users)).toBe(200);
    proxy.silence(true);
    const startedAt = performance.now();
    expect(await ask(users)).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
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

  slow('makes lists for visitors while many others wait for the silent database', async () => {
    const ask = await start();
    const visitor = '{ recommendations(for: { visitor: {} }) { degraded } }';
    const user = '{ recommendations(for: { user: "u1" }) { degraded } }';
    expect(await ask(visitor)).toBe(200);
    proxy.silence(true);
    /** Sends 50 requests a second, 10 of which are of visitors. Returns the answers to these. */
    const sendFor = async (seconds: number) => {
      const visitors: Promise<{ status: number; milliseconds: number }>[] = [];
      for (let sent = 0; sent < 50 * seconds; sent++) {
        const startedAt = performance.now();
        const answered = ask(sent % 5 === 0 ? visitor : user);
        answered.catch(() => {});
        if (sent % 5 === 0)
          visitors.push(answered.then((status) => ({ status, milliseconds: performance.now() - startedAt })));
        await setTimeout(20);
      }
      return Promise.all(visitors);
    };
    // Until the silence is noticed.
    await sendFor(4);
    const visitors = await sendFor(5);
    expect(visitors.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(Math.max(...visitors.map(({ milliseconds }) => milliseconds))).toBeLessThan(1500);
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
