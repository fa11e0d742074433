import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { eventually } from '../support/eventually.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

jest.setTimeout(90_000);

const blocked = '{ user(externalId: "u1") { externalId } }';

describe('the routes for probes', () => {
  const db = testDatabase();
  const server = testServer(db);
  const probe = async (path: string) => {
    const response = await fetch(new URL(path, server.url));
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
  });
  beforeEach(() => db.database.activeModel.deleteMany());

  test('/healthz and /readyz answer 200 without a model', async () => {
    expect(await probe('/healthz')).toEqual({ status: 200, body: { status: 'alive' } });
    const none = 'none; serving popular items';
    expect(await probe('/readyz')).toEqual({
      status: 200,
      body: { status: 'ready', missing: [], models: { USER: none, SCENARIO: none } },
    });
  });

  test('/readyz shows the active model version', async () => {
    const version = await serveUntrainedModel(db.database, 1);
    expect((await probe('/readyz')).body.models).toMatchObject({ USER: `version ${version}` });
  });

  test('/readyz names an active version that cannot be used, and what is served instead', async () => {
    const good = await serveUntrainedModel(db.database, 2);
    const list = () => server.ask('{ recommendations(for: { user: "u1" }, first: 1) { degraded } }');
    await list();
    const damaged = await serveUntrainedModel(db.database, 3);
    await db.pool.query("UPDATE model_versions SET parameters = '' WHERE id = $1", [damaged]);
    await eventually(async () => {
      await list();
      const { body } = await probe('/readyz');
      return (body.models as { USER: string }).USER.includes('cannot be used');
    });
    const { status, body } = await probe('/readyz');
    const USER = `version ${damaged}, which cannot be used; serving version ${good}`;
    expect([status, body.models]).toEqual([200, { USER, SCENARIO: 'none; serving popular items' }]);
  });

  test('/readyz answers 503 while a migration is missing, and names it', async () => {
    await db.pool.query('CREATE TABLE saved AS TABLE _prisma_migrations');
    try {
      const { rows } = await db.pool.query<{ name: string }>(
        'DELETE FROM _prisma_migrations WHERE migration_name = (SELECT max(migration_name) FROM _prisma_migrations) RETURNING migration_name AS name',
      );
      const message = `the database lacks the migration ${rows[0]?.name}`;
      expect(await probe('/readyz')).toEqual({ status: 503, body: { status: 'not ready', missing: [message] } });
      await db.pool.query('ALTER TABLE _prisma_migrations RENAME TO hidden');
      const { body } = await probe('/readyz').finally(() =>
        db.pool.query('ALTER TABLE hidden RENAME TO _prisma_migrations'),
      );
      expect(body.missing).toContain(message);
    } finally {
      await db.pool.query('TRUNCATE _prisma_migrations; INSERT INTO _prisma_migrations TABLE saved');
    }
  });

  test('/readyz answers 503 while the database does not answer, and /healthz still answers 200', async () => {
    const blocker = await db.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE _prisma_migrations IN ACCESS EXCLUSIVE MODE');
    try {
      const started = performance.now();
      expect(await probe('/readyz')).toEqual({
        status: 503,
        body: { status: 'not ready', missing: ['the database does not answer within 2000 ms'] },
      });
      expect(performance.now() - started).toBeLessThan(4000);
      expect((await probe('/healthz')).status).toBe(200);
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    // The next probe could otherwise share the check that was waiting.
    await eventually(async () => (await probe('/readyz')).status === 200);
  });
});

describe('a server process', () => {
  const db = testDatabase();
  const running: ServerProcess[] = [];
  const blockers: (() => Promise<void>)[] = [];

  let key: string;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
    key = (await createApiKey(db.database, { name: 'tests', role: 'CLIENT' })).secret;
  });
  afterEach(async () => {
    for (const release of blockers.splice(0)) await release();
    for (const server of running.splice(0)) {
      server.kill('SIGKILL');
      await server.ended;
    }
  });

  async function serve(settings: Record<string, string> = {}, imports: readonly string[] = []) {
    const usual = { DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' };
    const server = await startServerProcess({ ...usual, ...settings }, undefined, { imports });
    running.push(server);
    return server;
  }

  const ask = (url: string, query: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(30_000),
    });

  /** Sends a request that cannot be answered until the last function of `blockers` is called. */
  async function inProgress(url: string) {
    const blocker = await db.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    const release = () => blocker.query('ROLLBACK').then(() => blocker.release());
    blockers.push(release);
    const answer = ask(url, blocked).then(
      async (response) => ({ status: response.status, body: await response.json() }),
      () => 'aborted' as const,
    );
    // The request is in progress once it waits for the lock.
    await eventually(async () => {
      const { rows } = await db.pool.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE datname = current_database() AND relation = 'users'::regclass AND NOT granted`,
      );
      return rows[0]?.waiting === 1;
    });
    return { answer };
  }

  test('after SIGTERM, answers requests for a second, then only those in progress, and exits with status 0', async () => {
    const { kill, ended, url } = await serve();
    const { answer } = await inProgress(url);
    const agent = new Agent({ keepAlive: true });
    const idle = await new Promise<{ ended: Promise<unknown> }>((resolve) => {
      get(new URL('/healthz', url), { agent }, (response) => {
        response.resume();
        resolve({ ended: once(response.socket, 'close') });
      });
    });
    kill('SIGTERM');
    const ready = await eventually(async () => {
      const response = await fetch(new URL('/readyz', url));
      return response.status === 503 && response;
    });
    expect(ready.headers.get('connection')).toBe('close');
    expect(await ready.json()).toMatchObject({ missing: [expect.stringContaining('draining')] });
    const another = await ask(url, '{ __typename }');
    expect(another.status).toBe(200);
    expect(another.headers.get('connection')).toBe('close');

    await idle.ended;
    agent.destroy();
    await expect(ask(url, '{ __typename }')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await blockers.pop()?.();
    expect(await answer).toEqual({ status: 200, body: { data: { user: { externalId: 'u1' } } } });
    expect(await ended).toMatchObject({ status: 0, signal: null });
    await expect(ask(url, '{ __typename }')).rejects.toThrow();
  });

  test('aborts requests that outlast the drain, logs this, and exits with status 0', async () => {
    const { kill, ended, url, log } = await serve({ WARMSTART_DRAIN_SECONDS: '1' });
    const { answer } = await inProgress(url);
    const started = performance.now();
    kill('SIGTERM');
    expect(await answer).toBe('aborted');
    expect(await ended).toMatchObject({ status: 0, signal: null });
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(8);
    expect(log()).toContainEqual(expect.objectContaining({ requests: 1, msg: expect.stringContaining('aborted') }));
  });

  test('exits at once on a second SIGTERM', async () => {
    const { kill, ended, url } = await serve();
    await inProgress(url);
    kill('SIGTERM');
    await eventually(async () => (await fetch(new URL('/readyz', url))).status === 503);
    const started = performance.now();
    kill('SIGTERM');
    expect(await ended).toMatchObject({ status: null, signal: 'SIGTERM' });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each([
    ['an exception', 'throw new Error("sabotage")'],
    ['a rejection', 'void Promise.reject(new Error("sabotage"))'],
  ])('logs %s that no code handles, and exits with status 1', async (_what, sabotage) => {
    const hook = `data:text/javascript,process.on('SIGUSR2',()=>{${encodeURIComponent(sabotage)}})`;
    const { kill, ended, log } = await serve({}, [hook]);
    kill('SIGUSR2');
    expect(await ended).toMatchObject({ status: 1, signal: null });
    expect(log()).toContainEqual(
      expect.objectContaining({ level: 60, err: expect.objectContaining({ message: 'sabotage' }) }),
    );
  });
});
