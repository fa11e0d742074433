import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type OpenDatabase, openDatabase, sql } from '../../src/store/database.ts';
import { isConnectionError } from '../../src/store/is-connection-error.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';
import { testDatabase } from '../support/test-database.ts';

const maintenance = process.env.WARMSTART_TEST_SERVER as string;
const nobodyListens = 'postgres://127.0.0.1:1/nothing';

/** The ways in which the platform accesses a database. */
const ways: readonly [string, (open: OpenDatabase) => Promise<unknown>][] = [
  ['a typed query', ({ database }) => database.apiKey.findFirst()],
  ['raw SQL', ({ database }) => database.$queryRaw(sql`SELECT 1`)],
  ['a transaction', ({ database }) => database.$transaction((inside) => inside.apiKey.findFirst())],
  ['the pool', ({ pool }) => pool.query('SELECT 1')],
];

describe('isConnectionError', () => {
  const db = testDatabase();
  const name = () => new URL(db.url).pathname.slice(1);
  const terminate = () =>
    runSql(maintenance, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name()}'`);

  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test.each(ways)('is true if nothing listens, for %s', async (_way, ask) => {
    const open = openDatabase(nobodyListens);
    const error = await errorOf(ask(open));
    await open.close();
    expect(error).toBeDefined();
    expect(isConnectionError(error)).toBe(true);
    expect(isConnectionError(new Error('wrapped', { cause: error }))).toBe(true);
  });

  test.each(ways)('is true if the server never responds, for %s', async (_way, ask) => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const open = openDatabase(`postgres://127.0.0.1:${port}/nothing`, { connectionMilliseconds: 100 });
    const error = await errorOf(ask(open));
    await open.close();
    silent.close();
    expect(error).toBeDefined();
    expect(isConnectionError(error)).toBe(true);
  });

  test.each(ways)(
    'is true if the database goes silent, for %s, and its connections are not used again',
    async (_way, ask) => {
      const proxy = await startSilentProxy(db.url);
      const open = openDatabase(proxy.url, { statementMilliseconds: 300 });
      await ask(open);
      proxy.silence(true);
      const error = await errorOf(ask(open));
      expect(error).toBeDefined();
      expect(isConnectionError(error)).toBe(true);
      proxy.silence(false);
      await ask(open);
      await open.close();
      await proxy.close();
    },
  );

  test.each(ways)('is true while no connection is free, for %s', async (_way, ask) => {
    const open = openDatabase(db.url, { connections: 1, connectionMilliseconds: 100 });
    const taken = await open.pool.connect();
    const error = await errorOf(ask(open));
    taken.release();
    await open.close();
    expect(error).toBeDefined();
    expect(isConnectionError(error)).toBe(true);
  });

  test.each(ways)('is true while the database refuses connections, for %s', async (_way, ask) => {
    await runSql(maintenance, `ALTER DATABASE ${name()} ALLOW_CONNECTIONS false`);
    await terminate();
    const open = openDatabase(db.url);
    const error = await errorOf(ask(open)).finally(() =>
      runSql(maintenance, `ALTER DATABASE ${name()} ALLOW_CONNECTIONS true`),
    );
    await open.close();
    expect(error).toBeDefined();
    expect(isConnectionError(error)).toBe(true);
  });

  test.each<(typeof ways)[number]>([
    ['raw SQL', ({ database }) => database.$queryRaw(sql`SELECT 1 FROM pg_sleep(20)`)],
    [
      'a transaction',
      ({ database }) =>
        database.$transaction((inside) => inside.$queryRaw(sql`SELECT 1 FROM pg_sleep(20)`), {
          timeout: 30_000,
        }),
    ],
    ['the pool', ({ pool }) => pool.query('SELECT pg_sleep(20)')],
  ])('is so of a statement whose connection is ended, by %s', async (_way, ask) => {
    const open = openDatabase(db.url);
    const failure = errorOf(ask(open));
    const sleeping = `SELECT 1 FROM pg_stat_activity WHERE datname = '${name()}' AND wait_event = 'PgSleep'`;
    await eventually(async () => (await runSql(maintenance, sleeping)).length > 0);
    await terminate();
    const error = await failure;
    await open.close();
    expect(error).toBeDefined();
    expect(isConnectionError(error)).toBe(true);
  });

  test('is false for wrong statements, for other servers, and for values that are not errors', async () => {
    for (const [, ask] of [
      ['raw SQL', () => db.database.$queryRaw(sql`SELECT * FROM nothing`)],
      ['the pool', () => db.pool.query('SELECT 1 / 0')],
      ['a typed query', () => db.database.apiKey.findUniqueOrThrow({ where: { id: 0 } })],
      ['HTTP', () => fetch('http://127.0.0.1:9')],
    ] as const) {
      const error = await errorOf(ask());
      expect(error).toBeDefined();
      expect(isConnectionError(error)).toBe(false);
    }
    const circular = new Error('round and round');
    circular.cause = circular;
    for (const other of [circular, undefined, null, 'ECONNREFUSED', new Error('x', { cause: null })]) {
      expect(isConnectionError(other)).toBe(false);
    }
  });
});
