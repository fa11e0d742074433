import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StreamOptions, streamBody } from '../../src/http/stream-body.ts';

describe('streamBody', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Begins a request, and returns it with what the server gets. */
  async function begin(headers: Record<string, string> = {}, options: Partial<StreamOptions> = {}) {
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, method: 'POST', headers });
    sent.on('error', () => {});
    sent.flushHeaders();
    const [received, response] = await once(server, 'request');
    const usual = { silentSeconds: 5, stopping: new AbortController().signal };
    const body = streamBody(received as IncomingMessage, { ...usual, ...options });
    return { sent, body, response };
  }

  async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  test('yields what the client sends, decompressed', async () => {
    const plain = await begin();
    plain.sent.end('first\nsecond');
    expect(await textOf(plain.body)).toBe('first\nsecond');
    const compressed = await begin({ 'content-encoding': 'gzip' });
    compressed.sent.end(gzipSync('first\nsecond'));
    expect(await textOf(compressed.body)).toBe('first\nsecond');
  });

  test('reads no faster than its pieces are taken', async () => {
    const { sent, body } = await begin({ 'content-encoding': 'gzip' });
    const gzip = createGzip({ level: 0 });
    gzip.pipe(sent);
    const total = 100;
    for (let megabytes = 0; megabytes < total; megabytes++) gzip.write(Buffer.alloc(1_000_000, 'x'));
    await body.next();
    await setTimeout(300);
    // What the sockets hold is a few megabytes.
    expect(sent.socket?.bytesWritten).toBeLessThan((total * 1_000_000) / 2);
    await body.return(undefined);
  });

  test('says that the client has broken off', async () => {
    for (const encoding of ['identity', 'gzip']) {
      const { sent, body } = await begin({ 'content-encoding': encoding });
      sent.write(gzipSync('some text'));
      const read = textOf(body);
      sent.destroy();
      await expect(read).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }
  });

  test('refuses a client that pauses for too long, and can answer it', async () => {
    const { sent, body, response } = await begin({}, { silentSeconds: 0.1 });
    sent.write('begun');
    await expect(textOf(body)).rejects.toMatchObject({ status: 408 });
    response.end('late');
    expect((await once(sent, 'response'))[0].statusCode).toBe(200);
    sent.destroy();
  });

  test('ends while it waits for the client once the server is stopping', async () => {
    const stopping = new AbortController();
    const { sent, body } = await begin({}, { stopping: stopping.signal });
    sent.write('begun');
    await body.next();
    const read = expect(body.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await setTimeout(50);
    stopping.abort();
    await read;
    sent.destroy();
  });

  test('refuses an encoding that it does not know, and a body that is not in its encoding', async () => {
    const unknown = await begin({ 'content-encoding': 'zstd' });
    await expect(textOf(unknown.body)).rejects.toMatchObject({ status: 415 });
    const wrong = await begin({ 'content-encoding': 'gzip' });
    wrong.sent.end('plain');
    await expect(textOf(wrong.body)).rejects.toMatchObject({ status: 400 });
    unknown.sent.destroy();
  });
});
