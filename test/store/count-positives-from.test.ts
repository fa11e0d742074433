import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { countedPositivesFrom, countPositivesFrom } from '../../src/store/count-positives-from.ts';
import { ensureDatabase } from '../../src/store/ensure-database.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { runSql } from '../support/run-sql.ts';
import { applyWithPrisma } from '../support/schema-engine.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 0, maximum: 10 };

const users = 20;
const items = 6;

describe('countPositivesFrom', () => {
  const db = testDatabase();

  /** Returns stored counts that differ from those counted from the interactions. */
  async function wrongCounts(from: number): Promise<unknown[]> {
    const { rows } = await db.pool.query(
      `SELECT items.external_id, positives, counted FROM items
         LEFT JOIN item_popularity ON item_popularity.item_id = items.id,
         LATERAL (SELECT count(DISTINCT (user_id, type))::int AS counted FROM interactions
           WHERE interactions.item_id = items.id AND (type <> 'RATE' OR value >= $1)) AS brute_force
       WHERE coalesce(positives, 0) <> counted`,
      [from],
    );
    return rows;
  }

  beforeAll(async () => {
    const interactions = Array.from({ length: users * items }, (_, n) =>
      rating(`u${1 + (n % users)}`, `i${1 + Math.floor(n / users)}`, (7 * n) % 11),
    );
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(users, items), interactions }), { ratingScale });
  });

  test('counts the positives of all items again by the new rating', async () => {
    expect(await wrongCounts(4)).toEqual([]);
    expect(await wrongCounts(7.5)).not.toEqual([]);
    await countPositivesFrom(db.url, 7.5);
    expect(await wrongCounts(7.5)).toEqual([]);
    expect(await countedPositivesFrom(db.database)).toBe(7.5);
  });

  test('counts what is recorded and deleted later by the new rating', async () => {
    const inputs = [6, 7, 8, 9].map((value) => ({ user: 'u1', item: 'i1', type: 'RATE' as const, value }));
    expect((await recordInteractions(new InteractionWriter(db.pool), { ratingScale }, inputs)).errors).toEqual([]);
    expect(await wrongCounts(7.5)).toEqual([]);
    await db.database.user.delete({ where: { externalId: 'u2' } });
    expect(await wrongCounts(7.5)).toEqual([]);
  });

  test('misses nothing that is recorded meanwhile', async () => {
    const record = async (n: number) => {
      const inputs = Array.from({ length: 20 }, (_, m) => {
        return {
          user: `u${3 + ((n + m) % 9)}`,
          item: `i${1 + (m % items)}`,
          type: 'RATE' as const,
          value: (n + m) % 11,
        };
      });
      expect((await recordInteractions(new InteractionWriter(db.pool), { ratingScale }, inputs)).errors).toEqual([]);
    };
    const changes = async () => {
      for (const from of [3, 8, 2, 9, 5]) await countPositivesFrom(db.url, from);
    };
    await Promise.all([changes(), ...Array.from({ length: 60 }, (_, n) => record(n))]);
    expect(await wrongCounts(5)).toEqual([]);
  });

  test('takes no lock if the rating is the same', async () => {
    const holder = await db.pool.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE interactions IN ROW EXCLUSIVE MODE');
      await countPositivesFrom(db.url, 5);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  });
});

describe('the migration that adds positives', () => {
  const { url, admin } = fresh();
  afterAll(() => runSql(admin, `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)}`));

  test('counts what is stored, on the default rating scale', async () => {
    const name = '20261129020000_positives';
    const names = await migrationNames();
    await ensureDatabase(url);
    await applyWithPrisma(url, names.slice(0, names.indexOf(name)));
    await runSql(
      url,
      `INSERT INTO users (external_id) VALUES ('u');
       INSERT INTO items (external_id, title) VALUES ('i1', ''), ('i2', ''), ('i3', '');
       INSERT INTO interactions (user_id, item_id, type, value)
       VALUES (1, 1, 'RATE', 3.9), (1, 1, 'RATE', 4), (1, 1, 'VIEW', NULL), (1, 2, 'RATE', 1)`,
    );
    expect(await migrate(url)).toContain(name);
    const counts = 'SELECT item_id, interactions, positives FROM item_popularity ORDER BY item_id';
    expect(await runSql(url, counts)).toEqual([
      { item_id: 1, interactions: 3, positives: 2 },
      { item_id: 2, interactions: 1, positives: 0 },
    ]);
  });
});

describe('the migration that counts a user, an item and a type once', () => {
  const { url, admin } = fresh();
  afterAll(() => runSql(admin, `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)}`));

  test('counts what is stored again, by the present rating scale', async () => {
    const name = '20261130020000_positives_of_users';
    const names = await migrationNames();
    await ensureDatabase(url);
    await applyWithPrisma(url, names.slice(0, names.indexOf(name)));
    await runSql(
      url,
      `SELECT count_positives_from(8);
       INSERT INTO users (external_id) VALUES ('u1'), ('u2');
       INSERT INTO items (external_id, title) VALUES ('i1', ''), ('i2', '');
       INSERT INTO interactions (user_id, item_id, type, value) SELECT given.* FROM generate_series(1, 3), (VALUES
         (1, 1, 'VIEW'::interaction_type, NULL), (1, 1, 'CLICK', NULL), (2, 1, 'VIEW', NULL), (2, 1, 'RATE', 7),
         (1, 2, 'RATE', 8), (1, 2, 'RATE', 9)) AS given`,
    );
    const counts = 'SELECT item_id, interactions, positives FROM item_popularity ORDER BY item_id';
    expect(await runSql(url, counts)).toMatchObject([{ positives: 9 }, { positives: 6 }]);
    expect(await migrate(url)).toContain(name);
    expect(await runSql(url, counts)).toEqual([
      { item_id: 1, interactions: 12, positives: 3 },
      { item_id: 2, interactions: 6, positives: 1 },
    ]);
  });
});

function fresh(): { readonly url: string; readonly admin: string } {
  const admin = process.env.WARMSTART_TEST_SERVER as string;
  return { url: admin.replace(/postgres$/, `positives_${randomUUID().replaceAll('-', '')}`), admin };
}
