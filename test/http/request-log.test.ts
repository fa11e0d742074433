import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { redactedPaths } from '../../src/http/request-log.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('the log', () => {
  const db = testDatabase();
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const logger = pino({ level: 'debug', redact: redactedPaths }, stream);
  const server = testServer(db, { logger });
  beforeEach(() => {
    text = '';
  });

  const lines = () =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  const ask = (query: string, headers: Record<string, string> = {}, path = '') =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: server.authorization, ...headers },
      body: JSON.stringify({ query, variables: { secret: 'variable-secret' } }),
    });

  /** The response may come before its line. */
  async function written(count: number) {
    const deadline = performance.now() + 10_000;
    while (text.split('\n').length <= count) {
      if (performance.now() > deadline) throw new Error(`expected ${count} lines within 10 s, got: ${text}`);
      await setTimeout(5);
    }
    return lines();
  }

  test('has a line for each request, with the id that the client gave and the response has', async () => {
    const response = await ask('{ __typename }', { 'x-request-id': 'Order-1.2_3' });
    expect(response.headers.get('x-request-id')).toBe('Order-1.2_3');
    expect(await written(1)).toEqual([
      expect.objectContaining({
        level: 30,
        requestId: 'Order-1.2_3',
        request: { method: 'POST', path: '/graphql', ip: '127.0.0.1' },
        response: { status: 200, outcome: 'OK' },
        milliseconds: expect.any(Number),
        msg: 'request answered',
      }),
    ]);
    expect(text.match(/"request":/g)).toHaveLength(1);
  });

  test.each(['a b', 'a"b', 'x'.repeat(129), '{}', 'ä'])(
    'does not take over an id that could confuse a log: %s',
    async (id) => {
      const response = await ask('{ __typename }', { 'x-request-id': id });
      const given = response.headers.get('x-request-id');
      expect(given).toMatch(/^[0-9a-f-]{36}$/);
      expect((await written(1))[0]?.requestId).toBe(given);
    },
  );

  test('has the whole fault of ours under the id of the request, of which the client sees nothing but the id', async () => {
    await db.pool.query('ALTER TABLE scenarios RENAME TO hidden');
    const response = await ask('{ scenario(externalId: "s1") { id } }').finally(() =>
      db.pool.query('ALTER TABLE hidden RENAME TO scenarios'),
    );
    const requestId = response.headers.get('x-request-id');
    expect(await response.text()).not.toContain('scenarios');
    expect(await written(2)).toEqual([
      expect.objectContaining({
        level: 50,
        requestId,
        path: ['scenario'],
        err: expect.objectContaining({ stack: expect.stringContaining('scenarios') }),
      }),
      expect.objectContaining({
        requestId,
        response: { status: 200, outcome: 'INTERNAL_SERVER_ERROR' },
      }),
    ]);
  });

  test('has what the caller can mend in no line but the request’s', async () => {
    await ask('{ recommendations(for: { user: "nobody" }) { edges { score } } }');
    expect(await written(1)).toEqual([
      expect.objectContaining({ response: { status: 200, outcome: 'USER_NOT_FOUND' } }),
    ]);
  });

  test('has no key, cookie, query string, document or variable in it, whatever fails', async () => {
    const headers = { authorization: 'Bearer key-secret', cookie: 'session=cookie-secret' };
    await ask('{ __typename documentSecret: __typename }', headers, '?token=query-secret');
    await ask('{ documentSecret }', headers);
    await ask('{ documentSecret', headers);
    await fetch(server.url, { method: 'POST', headers, body: 'body-secret' });
    await fetch(new URL('/metrics', server.url), { headers });
    await fetch(new URL('/nothing?query-secret', server.url), { headers });
    expect(await written(6)).toHaveLength(6);
    expect(text).not.toMatch(/secret/i);
  });

  test('writes no secret even where somebody logs headers', () => {
    const headers = { authorization: 'Bearer key-secret', cookie: 'cookie-secret', host: 'here' };
    logger.info({ headers }, 'one');
    logger.info({ request: { headers } }, 'two');
    logger.info(headers, 'three');
    expect(lines()).toHaveLength(3);
    expect(text).not.toContain('secret');
    expect(text.match(/here/g)).toHaveLength(3);
  });

  test('has probes at `debug`', async () => {
    await fetch(new URL('/healthz', server.url));
    expect((await written(1))[0]).toMatchObject({ level: 20, request: { path: '/healthz' } });
  });
});
