import { beforeEach, describe, expect, test } from '@jest/globals';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { forgetOldChanges, readChanges, readMoment } from '../../src/live-catalog/read-changes.ts';
import { withConnection, within } from '../../src/store/transaction.ts';
import { testDatabase } from '../support/test-database.ts';

const db = testDatabase();

beforeEach(async () => {
  await db.pool.query('TRUNCATE items, users, scenarios, catalog_changes, catalog_moments CASCADE');
  await db.pool.query('TRUNCATE catalog_changes');
  await db.pool.query(
    `INSERT INTO items (id, external_id, title) SELECT n, 'i' || n, 'T' FROM generate_series(1, 3) AS n`,
  );
});

const retitle = (title: string, id: number, connections: Pick<typeof db.pool, 'query'> = db.pool) =>
  connections.query('UPDATE items SET title = $1 WHERE id = $2', [title, id]);
const subjects = async () =>
  (await db.pool.query('SELECT subject::text, ids FROM catalog_changes ORDER BY id')).rows.map(({ ids }) => ids);
/** Lets all moments that were noted so far be older by some minutes. */
const age = (minutes: number) =>
  db.pool.query(`UPDATE catalog_moments SET at = at - $1 * interval '1 minute'`, [minutes]);

describe('the change log', () => {
  test('is read exactly once, in whatever order transactions end', async () => {
    const { position } = await readMoment(db.pool);
    await withConnection(db.pool, async (slow) => {
      await within(slow, async () => {
        await retitle('Slow', 1, slow);
        await retitle('Fast', 2);
        const first = await readChanges(db.pool, position);
        expect(first.changes).toEqual([{ subject: 'ITEM', large: false, ids: [2] }]);
        const again = await readChanges(db.pool, first.position);
        expect(again.changes).toEqual([]);
      });
    });
    const early = await readChanges(db.pool, position);
    expect(early.changes).toEqual([{ subject: 'ITEM', large: false, ids: [1, 2] }]);
  });

  test('tells large changes from small ones, and no more than 50,000 IDs', async () => {
    const { position } = await readMoment(db.pool);
    const insert = (from: number, to: number) =>
      db.pool.query(
        `INSERT INTO items (id, external_id, title) SELECT n, 'i' || n, 'T' FROM generate_series($1::int, $2::int) AS n`,
        [from, to],
      );
    await insert(10, 1010);
    await retitle('New', 2);
    const { changes } = await readChanges(db.pool, position);
    const [small, large] = [changes.find((change) => !change.large), changes.find((change) => change.large)];
    expect(small?.ids).toEqual([2]);
    expect(large?.ids).toHaveLength(1001);
    await insert(2000, 52_000);
    const more = await readChanges(db.pool, position);
    expect(more.changes).toContainEqual({ subject: 'ITEM', large: true, ids: null });
    expect(more.changes).toContainEqual({ subject: 'ITEM', large: false, ids: [2] });
  });

  test('is read in little time after 10,000 changes of single items', async () => {
    const { position } = await readMoment(db.pool);
    await db.pool.query(
      `INSERT INTO catalog_changes (subject, ids) SELECT 'ITEM', ARRAY[n] FROM generate_series(1, 10000) AS n`,
    );
    const cpu = process.cpuUsage();
    const { changes } = await readChanges(db.pool, position);
    const { user, system } = process.cpuUsage(cpu);
    expect(changes[0]?.ids).toHaveLength(10_000);
    // Mean of the time of this process. It was seconds when all known IDs were copied for each change.
    expect((user + system) / 1000).toBeLessThan(500);
  });

  test('keeps a change until 20 minutes after its transaction has ended, however long that took', async () => {
    await withConnection(db.pool, (slow) =>
      within(slow, async () => {
        await retitle('Slow', 1, slow);
        await retitle('Fast', 2);
        // The moment of a minute ago, and one of now.
        await forgetOldChanges(db.pool);
        await age(30);
        await retitle('Later', 3);
        await forgetOldChanges(db.pool);
        expect(await subjects()).toEqual([[3]]);
      }),
    );
    await age(19);
    await forgetOldChanges(db.pool);
    expect(await subjects()).toEqual([[1], [3]]);
    await age(2);
    await forgetOldChanges(db.pool);
    // It had not ended at that moment, but at the next one.
    expect(await subjects()).toEqual([[1]]);
    await age(19);
    await forgetOldChanges(db.pool);
    expect(await subjects()).toEqual([]);
  });

  test('is cleaned once a minute, by one of all processes', async () => {
    await Promise.all(Array.from({ length: 5 }, () => forgetOldChanges(db.pool)));
    await forgetOldChanges(db.pool);
    const { rows } = await db.pool.query('SELECT FROM catalog_moments');
    expect(rows).toHaveLength(1);
  });

  test('makes a server that has not read it for 10 minutes read everything, since changes may be missing', async () => {
    const { position } = await readMoment(db.pool);
    const readBefore = (minutes: number) => ({
      ...position,
      at: new Date(Date.now() - minutes * 60_000).toISOString(),
    });
    expect((await readChanges(db.pool, readBefore(9))).lost).toBe(false);
    expect((await readChanges(db.pool, readBefore(11))).lost).toBe(true);
    // The connection of a server that has been away for 11 minutes, by its clock.
    let away = 0;
    const connections = {
      query: (...args: Parameters<typeof db.pool.query>) => {
        const [query] = args as unknown as [{ name: string; values: string[] }];
        const late = away > 0 && query.name === 'live changes since';
        const values = [query.values[0], readBefore(away).at];
        return Reflect.apply(db.pool.query, db.pool, late ? [{ ...query, values }] : args);
      },
    } as unknown as typeof db.pool;
    const catalog = await LiveCatalog.open({ connections });
    const told: string[] = [];
    for (const event of ['keys', 'models'] as const) catalog.on(event, () => told.push(event));
    await retitle('Missed', 1);
    await db.pool.query('DELETE FROM items WHERE id = 2');
    await db.pool.query('TRUNCATE catalog_changes');
    await catalog.refresh();
    const title = () => catalog.items.titleOf(catalog.items.rowOf(1) as number);
    expect([title(), catalog.items.size]).toEqual(['T', 3]);
    away = 11;
    await catalog.refresh();
    expect([title(), catalog.items.size]).toEqual(['Missed', 2]);
    expect(told.sort()).toEqual(['keys', 'models']);
  });
});
