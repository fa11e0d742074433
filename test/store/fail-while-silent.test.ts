import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type OpenDatabase, openDatabase, sql } from '../../src/store/database.ts';
import { isConnectionError } from '../../src/store/is-connection-error.ts';
import { eventually } from '../support/eventually.ts';
import { type SilentProxy, startSilentProxy } from '../support/silent-proxy.ts';
import { testDatabase } from '../support/test-database.ts';

describe('failWhileSilent', () => {
  const db = testDatabase();
  let proxy: SilentProxy;
  let open: OpenDatabase;
  beforeEach(async () => {
    proxy = await startSilentProxy(db.url);
    open = openDatabase(proxy.url, { connections: 3, statementMilliseconds: 20_000, silentMilliseconds: 500 });
  });
  afterEach(async () => {
    proxy.silence(false);
    await open.close();
    await proxy.close();
  });

  const ask = () => open.pool.query('SELECT 1');
  /** Returns what becomes of statements that are sent every 20 ms within `milliseconds`, as soon as it is known. */
  async function sendFor(milliseconds: number) {
    const outcomes = { answered: 0, failed: 0, sent: 0, errors: [] as unknown[] };
    for (const end = performance.now() + milliseconds; performance.now() < end; await setTimeout(20)) {
      outcomes.sent++;
      ask().then(
        () => outcomes.answered++,
        (error) => {
          outcomes.failed++;
          outcomes.errors.push(error);
        },
      );
    }
    return outcomes;
  }

  test('fails all statements but one a second at once while the database is silent, and none after it', async () => {
    await ask();
    proxy.silence(true);
    const before = await sendFor(1500);
    expect(before.answered).toBe(0);
    const during = await sendFor(2500);
    expect(during.answered).toBe(0);
    expect(during.failed).toBeGreaterThanOrEqual(during.sent - 4);
    expect(during.failed).toBeLessThan(during.sent);
    expect(during.errors.every(isConnectionError)).toBe(true);
    proxy.silence(false);
    await eventually(async () => before.answered > 0);
    const after = await sendFor(500);
    await eventually(async () => after.answered === after.sent);
  });

  test('fails statements of Prisma as if the database were unreachable', async () => {
    proxy.silence(true);
    void ask().catch(() => {});
    const failure = async () => {
      const error = await Promise.race([
        open.database.$queryRaw(sql`SELECT 1`).catch((error: unknown) => error),
        setTimeout(100),
      ]);
      return error instanceof Error ? error : undefined;
    };
    expect(isConnectionError(await eventually(failure))).toBe(true);
  });

  test('does not fail statements beside one that takes long', async () => {
    const long = open.pool.query('SELECT pg_sleep(2)');
    const { failed } = await sendFor(1900);
    expect(failed).toBe(0);
    await long;
  });

  test('does not take a pause of the event loop for silence', async () => {
    const asked = ask();
    for (const end = performance.now() + 1500; performance.now() < end; );
    await Promise.all([asked, ask(), ask()]);
  });
});
