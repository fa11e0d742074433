import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { askAnew } from '../support/ask-anew.ts';
import { eventually } from '../support/eventually.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

jest.setTimeout(120_000);

/** The tests run in this order on the same processes, since a start takes seconds. */
describe('serve --processes 2', () => {
  const db = testDatabase();
  let server: ServerProcess;
  let authorization: string;
  let version: number;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
    version = await serveUntrainedModel(db.database, 1);
    authorization = `Bearer ${(await createApiKey(db.database, { name: 'tests', role: 'ADMIN' })).secret}`;
    const settings = { DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm' };
    server = await startServerProcess(settings, ['--no-worker', '--processes', '2'], { byTsx: true });
  });
  // Before the database is dropped, nobody may use it any more.
  afterAll(async () => {
    server?.kill('SIGKILL');
    await server?.ended;
  });

  const pidsThat = (message: string) =>
    server.log().flatMap(({ msg, server: pid }) => (msg === message ? [pid as number] : []));
  const ask = () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    return askAnew(server.url, { 'content-type': 'application/json', authorization }, body);
  };
  const metric = async (series: string) => {
    const { status, text } = await askAnew(new URL('/metrics', server.url), { authorization });
    expect(status).toBe(200);
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };
  const operations = 'warmstart_graphql_operations_total{kind="query",outcome="OK"}';

  test('answers on one port by two processes, and by no other', async () => {
    expect(server.written.output.match(/GraphQL on/g)).toHaveLength(1);
    for (let n = 0; n < 4; n++) expect(JSON.parse((await ask()).text)).toEqual({ data: { __typename: 'Query' } });
    const answering = () => server.log().flatMap(({ msg, pid }) => (msg === 'request answered' ? [pid] : []));
    await eventually(async () => answering().length >= 4, { describe: async () => server.log() });
    expect(new Set(answering())).toEqual(new Set(pidsThat('a server process listens')));
    expect(answering()).not.toContain(server.pid);
  });

  test('shows the sum of all processes in the metrics of each', async () => {
    const before = await metric(operations);
    for (let n = 0; n < 5; n++) await ask();
    // Two new connections in turn go to the two processes.
    for (const scrape of [1, 2]) expect([scrape, await metric(operations)]).toEqual([scrape, before + 5]);
    expect(await metric('warmstart_graphql_operation_duration_seconds_count{kind="query"}')).toBe(before + 5);
  });

  test('does not add up what comes from the database', async () => {
    expect(await metric('warmstart_active_model_version{task_kind="USER"}')).toBe(version);
    await db.pool.query(
      `INSERT INTO training_runs (task_kind, status, config, seed) VALUES ('USER', 'FAILED', '{}', 1)`,
    );
    expect(await metric('warmstart_trainings_total{status="failed"}')).toBe(1);
  });

  test('stays ready while a killed process is started again, and loses no counts', async () => {
    const before = await metric(operations);
    const [killed] = pidsThat('a server process listens') as [number];
    process.kill(killed, 'SIGKILL');
    const answers = { ready: 0, reset: 0 };
    await eventually(
      async () => {
        // A connection that the killed process had is reset. Every other request is answered, and none waits forever.
        const { status } = await askAnew(new URL('/readyz', server.url)).catch((error) => {
          expect(error.code).toBe('ECONNRESET');
          return { status: 'reset' as const };
        });
        if (status === 'reset') answers.reset++;
        else expect(status).toBe(200);
        if (status === 200) answers.ready++;
        return pidsThat('a server process listens').length === 3;
      },
      { within: 60_000, every: 5 },
    );
    expect(answers.reset).toBeLessThanOrEqual(2);
    expect(answers.ready).toBeGreaterThan(10);
    expect(await metric(operations)).toBe(before);
  });

  test('drains all processes on SIGTERM and ends with status 0', async () => {
    const pids = pidsThat('a server process listens').slice(-2);
    expect(pids.map(isAlive)).toEqual([true, true]);
    expect(await server.stop()).toBe(0);
    expect(pids.map(isAlive)).toEqual([false, false]);
    const stopping = server.log().filter(({ msg }) => String(msg).startsWith('stopping: draining'));
    expect(new Set(stopping.map(({ pid }) => pid))).toEqual(new Set([server.pid, ...pids]));
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
