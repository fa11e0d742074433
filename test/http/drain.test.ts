import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(600_000);
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

const clientCount = 300;
const tries = 20;
/** Milliseconds between two requests of a client. Every third one pauses for longer than idle connections stay open. */
const usualPause = [200, 800] as const;
const longPause = [800, 3000] as const;
const drainSeconds = 10;
const answered = '{"data":{"__typename":"Query"}}';
/** Connections that have been idle for so long are closed. */
const idleMilliseconds = 1000;
/** How long clients send requests before the server is stopped. */
const workMilliseconds = 4000;

describe('a server that is stopped', () => {
  const db = testDatabase();
  let key: string;
  let server: ServerProcess | undefined;
  /** When the last client sends. */
  let turn = Promise.resolve();
  /** How many responses said that the server closes the connection. */
  let announced = 0;
  /** How many requests were on their way while the server closed a connection that had been idle for long. */
  let crossed = 0;

  beforeAll(async () => {
    key = (await createApiKey(db.database, { name: 'tests', role: 'CLIENT' })).secret;
  });
  afterEach(async () => {
    server?.kill('SIGKILL');
    await server?.ended;
  });

  async function serve(): Promise<ServerProcess> {
    const settings = { DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm', WARMSTART_DRAIN_SECONDS: `${drainSeconds}` };
    server = await startServerProcess(settings);
    return server;
  }

  /** Sends a request, and returns the answer. */
  async function ask(url: string, agent: Agent): Promise<string> {
    // Whether the connection has ended is read just before the request is sent. A client cannot do more than that.
    turn = turn.then(() => setImmediate());
    await turn;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const sent = request(url, { method: 'POST', agent, headers });
    sent.end(JSON.stringify({ query: '{ __typename }' }));
    const [response] = (await once(sent, 'response').catch((error) => {
      throw Object.assign(error, { reused: sent.reusedSocket });
    })) as [IncomingMessage];
    if (response.headers.connection === 'close') announced++;
    return (await text(response)).trim();
  }

  /** Sends requests until the server takes no more connections. Returns how requests were lost. */
  async function work(url: string, [shortest, longest]: readonly [number, number]): Promise<string[]> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const lost: string[] = [];
    let answeredAt = performance.now();
    for (;;) {
      await setTimeout(shortest + Math.random() * (longest - shortest));
      const idle = performance.now() - answeredAt;
      try {
        const answer = await ask(url, agent);
        answeredAt = performance.now();
        // On a busy machine, there may be more requests than the server can answer.
        if (answer !== answered && !answer.includes('the server has more requests')) lost.push(answer);
      } catch (error) {
        const { code, message, reused } = error as NodeJS.ErrnoException & { reused?: boolean };
        if (code === 'ECONNREFUSED') break;
        // No server can avoid it, so clients send such a request again.
        if (reused && idle > idleMilliseconds && code === 'ECONNRESET') crossed++;
        else lost.push(`${message}, ${reused ? `${Math.round(idle)} ms after an answer` : 'on a new connection'}`);
      }
    }
    agent.destroy();
    return lost;
  }

  /** Stops a server while clients send requests. Returns how requests were lost. */
  async function stopAmongClients(): Promise<string[]> {
    const { url, stop } = await serve();
    announced = crossed = 0;
    const clients = Array.from({ length: clientCount }, (_, n) => work(url, n % 3 === 0 ? longPause : usualPause));
    await setTimeout(workMilliseconds);
    const started = performance.now();
    expect(await stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(drainSeconds * 1000);
    const lost = (await Promise.all(clients)).flat();
    // All but those that pause for long have sent a request in the meantime.
    expect(announced).toBeGreaterThan(clientCount / 2);
    expect(crossed).toBeLessThanOrEqual(clientCount / 100);
    return lost;
  }

  test('answers the requests of 300 clients that keep their connections open', async () => {
    expect(await stopAmongClients()).toEqual([]);
  });

  slow('twenty times answers the requests of 300 clients that keep their connections open', async () => {
    for (let n = 0; n < tries; n++) expect(await stopAmongClients()).toEqual([]);
  });
});
