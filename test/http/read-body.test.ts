import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const typename = JSON.stringify({ query: '{ __typename }' });
const answered = { data: { __typename: 'Query' } };

describe('readBody', () => {
  const db = testDatabase();
  const server = testServer(db);
  const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as object };
  };
  const refusal = (message: string) => ({
    errors: [{ message: expect.stringContaining(message), extensions: { code: 'BAD_REQUEST' } }],
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('decompresses a body in %s', async (encoding, compress) => {
    const headers = { 'content-encoding': encoding };
    expect(await post(new Uint8Array(compress(typename)), headers)).toEqual({ status: 200, body: answered });
  });

  test.each(['zstd', 'constructor', 'gzip, gzip'])('refuses the encoding %s', async (encoding) => {
    expect(await post(typename, { 'content-encoding': encoding })).toEqual({
      status: 415,
      body: refusal('Content-Encoding: expected one of gzip, deflate, br'),
    });
  });

  test('refuses a body that is not in the encoding it says', async () => {
    expect(await post(typename, { 'content-encoding': 'gzip' })).toEqual({ status: 400, body: refusal('body: ') });
    const cut = new Uint8Array(gzipSync(typename).subarray(0, 20));
    expect(await post(cut, { 'content-encoding': 'gzip' })).toEqual({ status: 400, body: refusal('body: ') });
  });

  test('refuses a small body that becomes too large when it is decompressed', async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50_000_000, ' ')));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await post(bomb, { 'content-encoding': 'gzip' })).toEqual({
      status: 413,
      body: refusal('body: expected at most 1000000 bytes, got more'),
    });
  });

  test.each(['application/json;charset=UTF-8', 'Application/JSON; charset="utf-8"', 'application/json; q=1'])(
    'accepts the content type %s',
    async (type) => {
      expect(await post(typename, { 'content-type': type })).toEqual({ status: 200, body: answered });
    },
  );

  test('ignores a byte order mark', async () => {
    expect(await post(`\uFEFF${typename}`)).toEqual({ status: 200, body: answered });
  });

  test('accepts a body of exactly the maximum size, and refuses one byte more', async () => {
    const sized = (bytes: number) => {
      const frame = JSON.stringify({ query: '{ __typename }', padding: '' }).length;
      return JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(bytes - frame) });
    };
    expect((await post(sized(1_000_000))).status).toBe(200);
    expect((await post(sized(1_000_001))).status).toBe(413);
  });

  test('answers a chunked body that is too large, and then the next request on the same connection', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
    });
    const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const chunk = `${(100_000).toString(16)}\r\n${' '.repeat(100_000)}\r\n`;
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(11)}0\r\n\r\n`);
    socket.write(`${head}Connection: close\r\nContent-Length: ${typename.length}\r\n\r\n${typename}`);
    await once(socket, 'close');
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });
});
