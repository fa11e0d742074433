import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

jest.setTimeout(120_000);

const maintenance = process.env.WARMSTART_TEST_SERVER as string;
const user = '{ user(externalId: "u1") { externalId } }';

describe('a server whose database does not answer', () => {
  let server: ServerProcess;
  // Before the database is dropped, which fails while the server has connections to it.
  afterAll(async () => {
    server.kill('SIGKILL');
    await server.ended;
  });
  const db = testDatabase();
  let admin: string;
  let otherAdmin: string;

  const name = () => new URL(db.url).pathname.slice(1);
  const allow = (connections: boolean) =>
    runSql(maintenance, `ALTER DATABASE ${name()} ALLOW_CONNECTIONS ${connections}`);
  const terminate = () =>
    runSql(maintenance, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name()}'`);

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
    admin = (await createApiKey(db.database, { name: 'tests', role: 'ADMIN' })).secret;
    otherAdmin = (await createApiKey(db.database, { name: 'other', role: 'ADMIN' })).secret;
    await serveUntrainedModel(db.database, 1);
    server = await startServerProcess({ DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' });
  });

  async function ask(query: string) {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
      body: JSON.stringify({ query }),
    });
    const { status, headers } = response;
    return { status, retryAfter: headers.get('retry-after'), body: (await response.json()) as object };
  }

  async function scrape(key: string) {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(new URL('/metrics', server.url), { headers });
    return { status: response.status, text: await response.text() };
  }

  const linesOf = (message: string) => server.log().filter(({ msg }) => String(msg).includes(message));
  const outages = () => linesOf('the database does not answer').length;
  const recoveries = () => linesOf('answers again').length;
  afterEach(() => eventually(async () => recoveries() === outages()));

  /** Makes the database refuse connections while `work` runs. */
  async function without(work: () => Promise<void>) {
    await allow(false);
    try {
      await terminate();
      await work();
    } finally {
      await allow(true);
    }
  }

  /** Waits until a connection waits for a lock, and terminates that connection. */
  async function terminateWaiting() {
    const waiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name()}' AND wait_event_type = 'Lock'`;
    await eventually(async () => (await runSql(maintenance, waiting)).length > 0);
  }

  test('answers 503 with Retry-After, logs the outage once without a stack, and logs its end', async () => {
    const [outagesBefore, recoveriesBefore] = [outages(), recoveries()];
    const unavailable = async () => {
      const operations = /^warmstart_graphql_operations_total{kind="query",outcome="UNAVAILABLE"} (\d+)$/m;
      return Number(operations.exec((await scrape(admin)).text)?.[1] ?? 0);
    };
    const unavailableBefore = await unavailable();
    expect((await scrape(admin)).text).toContain('warmstart_trainings{status="queued"} 0');
    await without(async () => {
      for (let time = 0; time < 5; time++) {
        expect(await ask(user)).toEqual({
          status: 503,
          retryAfter: expect.stringMatching(/^\d+$/),
          body: expect.objectContaining({ errors: [expect.objectContaining({ extensions: { code: 'UNAVAILABLE' } })] }),
        });
      }
      expect((await fetch(new URL('/readyz', server.url))).status).toBe(503);

      const scraped = await scrape(admin);
      expect(scraped.status).toBe(200);
      expect((await unavailable()) - unavailableBefore).toBe(5);
      expect(scraped.text).not.toContain('warmstart_trainings{status="queued"}');
      // A key that was not used before the outage cannot be verified now, and neither can one that does not exist.
      expect((await scrape(otherAdmin)).status).toBe(503);
      expect((await scrape('nonsense')).status).toBe(401);
    });
    await eventually(async () => recoveries() > recoveriesBefore);
    expect(await ask(user)).toMatchObject({
      status: 200,
      body: { data: { user: { externalId: 'u1' } } },
    });
    expect(recoveries()).toBe(recoveriesBefore + 1);
    expect(outages()).toBe(outagesBefore + 1);
    expect(linesOf('a resolver failed')).toEqual([]);
    expect(linesOf('a request failed')).toEqual([]);
    expect(server.written.errors).not.toMatch(/invocation|"stack":/);
  });

  test('answers UNAVAILABLE only for the field whose statement was interrupted', async () => {
    const before = outages();
    const blocker = await db.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const answer = ask(`{ user(externalId: "u1") { externalId } __typename }`);
    await terminateWaiting();
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await answer).toMatchObject({
      status: 200,
      body: {
        data: { user: null, __typename: 'Query' },
        errors: [{ path: ['user'], extensions: { code: 'UNAVAILABLE' } }],
      },
    });
    await eventually(async () => outages() === before + 1);
  });

  test('answers 503 if the response has no data because of such a field', async () => {
    const blocker = await db.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE feature_fields IN ACCESS EXCLUSIVE MODE');
    const answer = ask('{ featureFields { name } }');
    await terminateWaiting();
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await answer).toMatchObject({
      status: 503,
      retryAfter: expect.stringMatching(/^\d+$/),
      body: { data: null, errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
    });
  });

  test('makes lists for visitors and lists of popular items from memory, degraded, and nothing else', async () => {
    const visitor = '{ visitor: { interactions: [{ item: "i1", type: RATE, value: 5 }] } }';
    const list = (recipient: string) =>
      `recommendations(for: ${recipient}, first: 3) { degraded edges { score node { externalId title features } } }`;
    const lists = async () => {
      const { status, body } = await ask(`{ ${list(visitor)} popularItems { degraded edges { node { title } } } }`);
      return { status, ...(body as { data: Record<string, { degraded: boolean; edges: object[] }> }) };
    };
    const degraded = async (expected: boolean) => {
      const { data } = await lists();
      return Object.values(data).every((connection) => connection.degraded === expected);
    };
    await eventually(() => degraded(false));
    const before = await lists();
    // The model makes them: nobody has interacted with anything, so scores by popularity would be 0.
    expect(before.data.recommendations?.edges).toMatchObject(Array(2).fill({ score: expect.any(Number) }));
    expect(before.data.recommendations?.edges).not.toMatchObject(Array(2).fill({ score: 0 }));
    expect(before.data.popularItems?.edges).toHaveLength(3);
    const ofUser = `{ ${list('{ user: "u1" }')} }`;
    expect((await ask(ofUser)).status).toBe(200);
    await without(async () => {
      await eventually(() => degraded(true));
      const { status, data } = await lists();
      expect([status, data.recommendations?.edges, data.popularItems?.edges]).toEqual([
        ...[200, before.data.recommendations?.edges, before.data.popularItems?.edges],
      ]);
      const unavailable = expect.objectContaining({ extensions: { code: 'UNAVAILABLE' } });
      expect(await ask(ofUser)).toMatchObject({ status: 503, body: { errors: [unavailable] } });
      expect(await ask(`{ ${list(visitor)} user(externalId: "u1") { externalId } }`)).toMatchObject({
        status: 200,
        body: { data: { recommendations: { degraded: true }, user: null }, errors: [unavailable] },
      });
    });
    await eventually(() => degraded(false));
    expect((await ask(ofUser)).status).toBe(200);
  });
});
