import { beforeAll, describe, expect, test } from '@jest/globals';
import { InteractionTypes } from '../../src/features/interaction-types.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import type { SupportKind } from '../../src/models/recommender.ts';
import { type History, seenRows } from '../../src/serving/recipient.ts';
import { readStoredUsers, type StoredUser } from '../../src/serving/stored-users.ts';
import { userSupport } from '../../src/serving/user-support.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const items = 900;
const types = new InteractionTypes();

describe('a stored user', () => {
  const db = testDatabase();
  let catalog: LiveCatalog;

  const read = async (externalId: string, watermark?: bigint) =>
    (await readStoredUsers(db.pool, catalog, [externalId], { watermark }))[0] as StoredUser;
  /** The whole history, one row of the database for each interaction. */
  async function whole(externalId: string, watermark = 2n ** 62n): Promise<History> {
    const { rows } = await db.pool.query<{ item_id: number; type: string; value: number | null; occurred_at: Date }>(
      `SELECT item_id, type, value, occurred_at FROM interactions JOIN users ON users.id = user_id
       WHERE external_id = $1 AND interactions.id <= $2 ORDER BY occurred_at, interactions.id`,
      [externalId, String(watermark)],
    );
    return {
      rows: rows.map(({ item_id }) => catalog.items.rowOf(item_id) as number),
      types: rows.map(({ type }) => types.indexOf(type) as number),
      values: rows.map(({ value }) => value),
      opinions: rows.map(({ type, value }) => types.opinionOf(types.indexOf(type) as number, value)),
      times: rows.map(({ occurred_at }) => occurred_at.getTime()),
    };
  }

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(5, items)), { ratingScale });
    catalog = await LiveCatalog.open({ connections: db.pool });
    // Pseudorandom items, types and times, so that interactions are replaced by later and much later ones.
    await db.pool.query(
      `INSERT INTO interactions (user_id, item_id, type, value, occurred_at)
       SELECT users.id, (SELECT min(id) FROM items) + ((n::bigint * 7919 + n::bigint * n * 31) % $1)::int, kind,
         CASE kind WHEN 'RATE' THEN 1 + n % 5 WHEN 'PLAY' THEN 0.25 * (n % 5) END,
         -- In no order, and many at the same time.
         timestamptz '2026-01-01Z' + ((n::bigint * 7907) % 5000) * interval '1 minute'
       FROM (VALUES ('u1', 12000), ('u2', 5000), ('u3', 300), ('u5', 100000)) AS given (name, count)
       JOIN users ON external_id = name CROSS JOIN LATERAL generate_series(1, count) AS n
       CROSS JOIN LATERAL (
         SELECT name AS kind FROM interaction_types WHERE id = (n::bigint * n + n / 7) % 8
       ) AS kinds
       ORDER BY n, users.id`,
      [items],
    );
  });

  const supports: readonly SupportKind[] = ['labels', 'positives', 'positivesAndNegatives', 'feedback'];

  test.each(['u1', 'u2', 'u3', 'u5'])(
    'has the support sets and the seen items of the whole history: %s',
    async (name) => {
      const user = await read(name);
      const complete = { ...user, history: await whole(name) };
      for (const support of supports)
        for (const supportLimit of [20, 4000]) {
          const model = { versionId: 1, recommender: { support, supportLimit } };
          const of = (recipient: StoredUser) => userSupport({ catalog }, model, recipient, 1_000_000);
          expect(await of(user)).toEqual(await of(complete));
        }
      for (const type of types.all.keys()) {
        const seen = (recipient: StoredUser) => new Set(seenRows(recipient, new Set([type])));
        expect(seen(user)).toEqual(seen(complete));
      }
    },
  );

  test('has the history up to a watermark', async () => {
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT interactions.id FROM interactions JOIN users ON users.id = user_id WHERE external_id = 'u1'
       ORDER BY interactions.id OFFSET 8000 LIMIT 1`,
    );
    const watermark = BigInt(rows[0]?.id as string);
    const user = await read('u1', watermark);
    const complete = await whole('u1', watermark);
    expect(user.watermark).toBe(watermark);
    expect(new Set(user.history.rows)).toEqual(new Set(complete.rows));
    expect(user.history.rows[0]).toBe(complete.rows[0]);
    expect(user.history.rows.slice(-100)).toEqual(complete.rows.slice(-100));
  });

  test('is read with one statement, and with another one for each 10,000 interactions before the last 5000', async () => {
    expect(await countStatements(() => read('u3'))).toBe(1);
    expect(await countStatements(() => read('u1'))).toBe(2);
    expect(await countStatements(() => read('u5'))).toBe(11);
  });

  test('with 100,000 interactions takes at most as many rows as there are items and types, and 5000', async () => {
    const { history } = await read('u5');
    expect(history.rows.length).toBeLessThanOrEqual(5000 + 8 * items + 5);
  });

  test('has an interaction of a type that another server has just declared', async () => {
    await db.pool.query(`INSERT INTO interaction_types (id, name) VALUES (8, 'BOOKMARK')`);
    await db.pool.query(
      `INSERT INTO interactions (user_id, item_id, type)
       SELECT users.id, items.id, 'BOOKMARK' FROM users, items WHERE users.external_id = 'u4' AND items.external_id = 'i1'`,
    );
    const { history } = await read('u4');
    expect(history).toMatchObject({
      rows: [catalog.items.rowOfExternalId('i1')],
      types: [8],
      values: [null],
      opinions: [1],
    });
  });

  test('has no interaction that has expired', async () => {
    await db.pool.query(`UPDATE interaction_types SET expires_after_days = 0.5 WHERE name = 'BOOKMARK'`);
    await db.pool.query(
      `INSERT INTO interactions (user_id, item_id, type, occurred_at)
       SELECT users.id, items.id, 'BOOKMARK', now() - interval '13 hours' FROM users, items
       WHERE users.external_id = 'u4' AND items.external_id = 'i2'`,
    );
    await catalog.refresh();
    expect((await read('u4')).history.rows).toEqual([catalog.items.rowOfExternalId('i1')]);
  });
});
