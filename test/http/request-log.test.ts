import { Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { redactedPaths } from '../../src/http/request-log.ts';
import { eventually } from '../support/eventually.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('requestLog', () => {
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

  /** Waits for this many lines: a response can arrive before its line is written. */
  async function written(count: number) {
    await eventually(async () => text.split('\n').length > count, { every: 5, describe: async () => text });
    return lines();
  }

  test('writes a line for each request, with the ID that the client sent and the response has', async () => {
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
    'replaces an ID that could forge a log line: %s',
    async (id) => {
      const response = await ask('{ __typename }', { 'x-request-id': id });
      const given = response.headers.get('x-request-id');
      expect(given).toMatch(/^[0-9a-f-]{36}$/);
      expect((await written(1))[0]?.requestId).toBe(given);
    },
  );

  test('writes an internal error in full, with the ID of the request; the client sees only the ID', async () => {
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

  test('writes an error that the caller can correct only into the line of the request', async () => {
    await ask('{ recommendations(for: { user: "nobody" }) { edges { score } } }');
    expect(await written(1)).toEqual([
      expect.objectContaining({ response: { status: 200, outcome: 'USER_NOT_FOUND' } }),
    ]);
  });

  test('writes no key, cookie, query string, document or variable, whatever fails', async () => {
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

  test('writes no secret even if code logs headers', () => {
    const headers = { authorization: 'Bearer key-secret', cookie: 'cookie-secret', host: 'here' };
    logger.info({ headers }, 'one');
    logger.info({ request: { headers } }, 'two');
    logger.info(headers, 'three');
    expect(lines()).toHaveLength(3);
    expect(text).not.toContain('secret');
    expect(text.match(/here/g)).toHaveLength(3);
  });

  test('writes probes at `debug`', async () => {
    await fetch(new URL('/healthz', server.url));
    expect((await written(1))[0]).toMatchObject({ level: 20, request: { path: '/healthz' } });
  });
});
