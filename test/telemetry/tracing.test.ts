import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { eventually } from '../support/eventually.ts';
import { startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

jest.setTimeout(120_000);

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const secret = 'a-secret-user-id';

/** A span in the JSON of OTLP. */
interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { key: string; value: { stringValue?: string; intValue?: number } }[];
}

describe('traces of a server process', () => {
  const db = testDatabase();
  const received: { path: string | undefined; header: unknown; body: string }[] = [];
  let collector: Server;
  let key: string;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 5)), { ratingScale: { minimum: 1, maximum: 5 } });
    await db.pool.query(`INSERT INTO interactions (user_id, item_id, type, value)
      SELECT users.id, items.id, 'RATE', 4 FROM users, items WHERE users.external_id = 'u1' AND items.external_id = 'i1'`);
    await serveUntrainedModel(db.database, 1);
    key = (await createApiKey(db.database, { name: 'tests', role: 'CLIENT' })).secret;
    collector = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ path: request.url, header: request.headers['x-tenant'], body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => promisify(collector.close.bind(collector))());

  /** Starts a server, calls `work` with its URL, stops the server, and returns what it wrote. */
  async function withServer(settings: Record<string, string>, work: (url: string) => Promise<void>) {
    const server = await startServerProcess({ DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm', ...settings });
    await work(server.url).finally(() => server.kill('SIGTERM'));
    const { status, output, errors } = await server.ended;
    expect(status).toBe(0);
    return output + errors;
  }

  const ask = async (url: string, traceparent: string) => {
    const query = `query Mine { recommendations(for: { user: "u1" }, first: 2) { edges { node { title } } }
      user(externalId: "${secret}") { id } }`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, traceparent },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
  };

  test('have spans of request, operation, fields, scoring and statements, within the trace of the client', async () => {
    received.length = 0;
    const { port } = collector.address() as AddressInfo;
    await withServer(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=t1',
        OTEL_SERVICE_NAME: 'shop',
      },
      (url) => ask(url, `00-${traceId}-${parentId}-01`),
    );
    expect(received.map(({ path, header }) => [path, header])).toContainEqual(['/v1/traces', 't1']);
    const bodies = received.map(({ body }) => JSON.parse(body));
    expect(JSON.stringify(bodies[0].resourceSpans[0].resource)).toContain('"shop"');
    const spans: SentSpan[] = bodies
      .flatMap(({ resourceSpans }) => resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans)
      .filter((span: SentSpan) => span.traceId === traceId);
    const named = (name: string) => spans.find((span) => span.name === name) as SentSpan;
    const parentOf = (span: SentSpan) => spans.find(({ spanId }) => spanId === span.parentSpanId)?.name;
    const http = named('POST /graphql');
    expect(http.parentSpanId).toBe(parentId);
    expect(parentOf(named('graphql query'))).toBe('POST /graphql');
    expect(parentOf(named('Query.recommendations'))).toBe('graphql query');
    expect(parentOf(named('score candidates'))).toBe('Query.recommendations');
    const statements = spans.filter(({ name }) => /^(SELECT|WITH)$/.test(name));
    expect(statements.map(parentOf)).toEqual(
      expect.arrayContaining(['Query.recommendations', 'Query.user', 'graphql query']),
    );
    expect(statements.map(parentOf)).not.toContain(undefined);
    expect(http.attributes).toContainEqual({
      key: 'http.response.status_code',
      value: expect.objectContaining({ intValue: 200 }),
    });
    const all = received.map(({ body }) => body).join();
    expect(all).not.toContain(secret);
    expect(all).not.toContain(key);
  });

  test('that cannot be sent are logged once, and do not keep the server from stopping', async () => {
    const server = await startServerProcess({
      DATABASE_URL: db.url,
      WARMSTART_ENGINE: 'wasm',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    });
    const reported = () => server.log().filter(({ msg }) => String(msg).includes('cannot send traces'));
    await eventually(async () => {
      await ask(server.url, `00-${traceId}-${parentId}-01`);
      return reported().length > 0;
    });
    await server.stop();
    expect(reported()).toHaveLength(1);
    expect(reported()[0]).toMatchObject({ level: 40 });

    const patient = await startServerProcess({
      DATABASE_URL: db.url,
      WARMSTART_ENGINE: 'wasm',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    });
    await ask(patient.url, `00-${traceId}-${parentId}-01`);
    const started = performance.now();
    expect(await patient.stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(4500);
  });

  test('are not recorded if the client’s header says so', async () => {
    received.length = 0;
    const { port } = collector.address() as AddressInfo;
    await withServer({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/mine` }, async (url) => {
      await ask(url, `00-${traceId}-${parentId}-00`);
      await ask(url, 'nonsense');
    });
    expect(received.every(({ path }) => path === '/mine')).toBe(true);
    const all = received.map(({ body }) => body).join();
    expect(all).not.toContain(traceId);
    expect(all).toContain('POST /graphql');
  });

  test('are off by default, and then OpenTelemetry is not loaded', async () => {
    received.length = 0;
    const output = await withServer({ NODE_DEBUG: 'module' }, (url) => ask(url, `00-${traceId}-${parentId}-01`));
    expect(output).toMatch(/load "\S+node_modules/);
    // prom-client loads the API, which does nothing by itself.
    expect(/load "\S+@opentelemetry\/(?!api\/)\S+/.exec(output)?.[0]).toBeUndefined();
    expect(received).toEqual([]);
  });
});
