import { describe, expect, test } from '@jest/globals';
import { type OpenDatabase, sql } from '../../src/store/database.ts';
import { inabilityOf } from '../../src/store/inability.ts';
import { isConnectionError } from '../../src/store/is-connection-error.ts';
import { testDatabase } from '../support/test-database.ts';

/** The ways in which the platform sends statements. */
const ways: readonly [string, (open: Pick<OpenDatabase, 'database' | 'pool'>) => Promise<unknown>][] = [
  ['a typed query', ({ database }) => database.item.create({ data: { externalId: 'a', title: 'A', features: {} } })],
  ['raw SQL', ({ database }) => database.$queryRaw(sql`INSERT INTO items (external_id, title) VALUES ('a', 'A')`)],
  ['the pool', ({ pool }) => pool.query(`INSERT INTO items (external_id, title) VALUES ('a', 'A')`)],
];

describe('inabilityOf', () => {
  const db = testDatabase();

  /** Makes each new item fail with this SQLSTATE while `work` runs. */
  async function failing<T>(state: string, work: () => Promise<T>): Promise<T> {
    await db.pool.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${state}'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION fail();`);
    return work().finally(() => db.pool.query('DROP FUNCTION fail CASCADE'));
  }
  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe.each(ways)('by %s', (_way, send) => {
    test.each([
      ['53100', 'the disk of the database is full'],
      ['53200', 'the database is out of memory'],
      ['25006', 'the database is read-only'],
      ['40P01', 'other statements were in the way of this one'],
      ['57014', 'the database cancelled the statement'],
      ['58030', 'the database cannot read or write its files'],
    ])('tells the reason of SQLSTATE %s, which is no outage', async (state, reason) => {
      const error = await failing(state, () => errorOf(send(db)));
      expect(inabilityOf(error)).toBe(reason);
      expect(isConnectionError(error)).toBe(false);
    });

    test('names the sequence that is at its end', async () => {
      await db.pool.query(`SELECT setval('items_id_seq', 2147483647)`);
      const error = await errorOf(send(db)).finally(() => db.pool.query(`SELECT setval('items_id_seq', 1)`));
      expect(inabilityOf(error)).toBe(
        'the database has no more IDs for new rows: sequence "items_id_seq" is at its end',
      );
    });
  });

  test('is undefined for a wrong statement and for an outage', async () => {
    expect(inabilityOf(await errorOf(db.pool.query('SELECT nothing')))).toBeUndefined();
    expect(inabilityOf(Object.assign(new Error('x'), { code: '57P01' }))).toBeUndefined();
    expect(inabilityOf(undefined)).toBeUndefined();
  });
});
