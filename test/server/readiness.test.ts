import { setImmediate } from 'node:timers';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { DatabaseOutage } from '../../src/server/database-outage.ts';
import { ReadinessCheck } from '../../src/server/readiness.ts';
import { type OpenDatabase, openDatabase } from '../../src/store/database.ts';
import { type SilentProxy, startSilentProxy } from '../support/silent-proxy.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(60_000);

describe('the readiness of a server', () => {
  const db = testDatabase();
  const logger = pino({ level: 'silent' });
  let proxy: SilentProxy;
  let open: OpenDatabase;
  let outage: DatabaseOutage;
  let readiness: ReadinessCheck;
  beforeEach(async () => {
    proxy = await startSilentProxy(db.url);
    open = openDatabase(proxy.url);
    outage = new DatabaseOutage(open.database, logger);
    readiness = new ReadinessCheck(open.database, logger, outage, () => new Map());
  });
  afterEach(async () => {
    outage.close();
    proxy.silence(false);
    await open.close();
    await proxy.close();
  });

  /** Holds the event loop for this long in each of its turns, until the returned function is called. */
  function busy(milliseconds: number): () => void {
    let immediate = setImmediate(function hold() {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
      immediate = setImmediate(hold);
    });
    return () => clearImmediate(immediate);
  }

  test('a server with a busy event loop stays ready', async () => {
    // The proxy would be as busy.
    const direct = new ReadinessCheck(db.database, logger, outage, () => new Map());
    expect(await direct.check()).toMatchObject({ ready: true });
    const stop = busy(1000);
    expect(await direct.check().finally(stop)).toMatchObject({ ready: true, missing: [] });
  });

  test('a silent database makes it not ready', async () => {
    expect(await readiness.check()).toMatchObject({ ready: true });
    proxy.silence(true);
    const startedAt = performance.now();
    expect(await readiness.check()).toEqual({
      ready: false,
      missing: ['the database does not answer within 2000 ms'],
    });
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });
});
