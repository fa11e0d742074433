import { once } from 'node:events';
import { Agent, createServer, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { RateLimits } from '../../src/access/rate-limits.ts';
import { readConfig } from '../../src/config.ts';
import { Drain } from '../../src/http/drain.ts';
import { httpApp } from '../../src/http/http-app.ts';
import { WaitingRoom } from '../../src/http/waiting-room.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { noTracing } from '../../src/telemetry/tracing.ts';
import { eventually } from '../support/eventually.ts';

describe('a server with more requests than it can answer', () => {
  const server = createServer();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { limits } = readConfig({});
  /** Answers of the requests that run, and the bodies of all that have run. */
  let answers: (() => void)[] = [];
  let bodies: unknown[] = [];
  let lines: { level: number; msg: string }[] = [];
  let arrived = 0;
  let port: number;
  let metrics: Metrics;

  beforeEach(async () => {
    [answers, bodies, lines, arrived] = [[], [], [], 0];
    // What is left of a test must not be seen by the next one.
    const [held, executed, written] = [answers, bodies, lines];
    metrics = new Metrics();
    const waitingRoom = new WaitingRoom({
      maxInProgress: 2,
      running: { least: 1, most: 1 },
      shed: (cause) => metrics.shed(cause),
    });
    const logger = pino({ level: 'debug' }, { write: (line: string) => void written.push(JSON.parse(line)) });
    server.removeAllListeners('request').on(
      'request',
      httpApp({
        ...{ logger, metrics, tracing: noTracing, waitingRoom, bodyBytes: 1000, trustedProxies: 0, corsOrigins: [] },
        drain: new Drain(server),
        rates: new RateLimits(limits, () => {}),
        async graphql(exchange, body) {
          executed.push(body);
          await new Promise<void>((answer) => held.push(answer));
          exchange.send(200, '{}');
        },
        requestSeconds: 30,
        interactions() {},
        operation: { '/healthz': (exchange) => exchange.send(200, '{}') },
      }),
    );
    server.on('request', () => arrived++);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    for (const answer of answers) answer();
  });

  const post = (name: string, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
      signal: signal ?? null,
    });
  /** Sends one request that runs, and one that waits. */
  const fill = async () => {
    const running = post('running');
    await eventually(async () => bodies.length === 1);
    const leaving = new AbortController();
    const waiting = post('waiting', leaving.signal);
    await eventually(async () => arrived === 2);
    // A test that ends earlier closes their connections.
    for (const answer of [running, waiting]) answer.catch(() => {});
    return { running, waiting, leave: () => leaving.abort() };
  };

  test('refuses a request with 503 and Retry-After without waiting for its body, and counts it', async () => {
    const { running, waiting } = await fill();
    const before = (await metrics.render(undefined)).match(/shed_total\{cause="requests"\} (\d+)/)?.[1];
    // Only the head of the request is sent.
    const incomplete = send({
      ...{ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent },
      headers: { 'content-type': 'application/json', 'content-length': 500 },
    });
    incomplete.flushHeaders();
    const [response] = await once(incomplete, 'response');
    expect(response.statusCode).toBe(503);
    expect(response.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^\d+$/), connection: 'keep-alive' });
    const text = (await response.toArray()).join('');
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'UNAVAILABLE' } }],
    });
    incomplete.destroy();
    const rendered = await metrics.render(undefined);
    expect(rendered).toContain(`warmstart_shed_total{cause="requests"} ${Number(before) + 1}`);
    answers[0]?.();
    expect((await running).status).toBe(200);
    await eventually(async () => answers.length === 2);
    answers[1]?.();
    expect((await waiting).status).toBe(200);
    expect(bodies).toEqual([{ name: 'running' }, { name: 'waiting' }]);
  });

  test('keeps the connection of a refused request open, and answers the next request on it', async () => {
    const { running } = await fill();
    const ask = async () => {
      const sent = send({
        ...{ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent },
        headers: { 'content-type': 'application/json' },
      });
      sent.end('{"name":"same"}');
      const [response] = await once(sent, 'response');
      const { localPort } = sent.socket as { localPort?: number };
      await response.toArray();
      return { status: response.statusCode as number, localPort };
    };
    const refused = await ask();
    answers[0]?.();
    await running;
    const answered = ask();
    await eventually(async () => answers.length === 2);
    answers[1]?.();
    await eventually(async () => answers.length === 3);
    answers[2]?.();
    expect(await answered).toEqual({ status: 200, localPort: refused.localPort });
    expect(refused.status).toBe(503);
  });

  /** Sends a request without its body. */
  const startUpload = () => {
    const upload = send({
      ...{ port, host: '127.0.0.1', path: '/graphql', method: 'POST' },
      headers: { 'content-type': 'application/json', 'content-length': 15 },
    });
    upload.on('error', () => {});
    upload.flushHeaders();
    return upload;
  };

  test('counts a request from its head on, so that it does not hold more bodies than requests in progress', async () => {
    const uploads = [startUpload(), startUpload()];
    await eventually(async () => arrived === 2);
    expect((await post('third')).status).toBe(503);
    uploads[0]?.destroy();
    await eventually(async () => lines.some(({ msg }) => msg === 'request aborted'));
    const answered = once(uploads[1] as ReturnType<typeof send>, 'response');
    uploads[1]?.end('{"name":"slow"}');
    await eventually(async () => answers.length === 1);
    const next = post('next');
    await eventually(async () => arrived === 4);
    answers[0]?.();
    expect((await answered)[0].statusCode).toBe(200);
    await eventually(async () => answers.length === 2);
    answers[1]?.();
    expect((await next).status).toBe(200);
  });

  test('no longer counts pipelined requests whose client has gone before they were answered', async () => {
    const socket = connect(port, '127.0.0.1');
    const head = 'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    socket.write(head.repeat(2));
    await eventually(async () => arrived === 2);
    expect((await post('third')).status).toBe(503);
    socket.destroy();
    await eventually(async () => lines.some(({ msg }) => msg === 'request aborted'));
    for (const answer of answers.splice(0)) answer();
    const next = post('next');
    await eventually(async () => answers.length > 0);
    for (const answer of answers) answer();
    expect((await next).status).toBe(200);
  });

  test('answers probes', async () => {
    await fill();
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  test('does not execute a request whose client has gone while it waited', async () => {
    const { running, waiting, leave } = await fill();
    leave();
    await expect(waiting).rejects.toThrow('aborted');
    await eventually(async () => lines.some(({ msg }) => msg === 'request aborted'));
    answers[0]?.();
    await running;
    const next = post('next');
    await eventually(async () => answers.length === 2);
    answers[1]?.();
    expect((await next).status).toBe(200);
    expect(bodies).toEqual([{ name: 'running' }, { name: 'next' }]);
  });

  test('logs the line of a refused request at `debug`', async () => {
    await fill();
    expect((await post('refused')).status).toBe(503);
    await eventually(async () => lines.some(({ level }) => level === 20));
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });
});
