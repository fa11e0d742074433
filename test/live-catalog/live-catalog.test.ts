import { beforeEach, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { setItemAvailability } from '../../src/catalog/set-item-availability.ts';
import { setScenarioItems } from '../../src/catalog/set-scenario-items.ts';
import { undeclareFeatureFields } from '../../src/catalog/undeclare-feature-fields.ts';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import { upsertScenarios } from '../../src/catalog/upsert-scenarios.ts';
import { upsertUsers } from '../../src/catalog/upsert-users.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { withConnection, within } from '../../src/store/transaction.ts';
import { testDatabase } from '../support/test-database.ts';

const db = testDatabase();
const scale = { minimum: 1, maximum: 5 };

beforeEach(async () => {
  await db.pool.query('TRUNCATE items, users, scenarios, feature_fields CASCADE');
  await declareFeatureFields(db.database, [
    { entity: 'ITEM', name: 'genres', kind: 'MULTI_VALUED' },
    { entity: 'ITEM', name: 'year', kind: 'NUMERIC' },
    { entity: 'ITEM', name: 'maker', kind: 'CATEGORICAL' },
  ]);
  await upsertItems(db.database, [
    { externalId: 'a', title: 'A', features: { genres: ['x', 'y'], year: 1999, maker: 'm' } },
    { externalId: 'b', title: 'B' },
  ]);
  await upsertUsers(db.database, [{ externalId: 'u' }, { externalId: 'v' }]);
  await upsertScenarios(db.database, [{ externalId: 's', title: 'S' }]);
  await setScenarioItems(db.database, 's', ['b']);
});

const openCatalog = (maxItems?: number) =>
  LiveCatalog.open({ connections: db.pool, ...(maxItems !== undefined && { maxItems }) });
const record = (user: string, item: string, value: number) =>
  recordInteractions(new InteractionWriter(db.pool), { ratingScale: scale }, [{ user, item, type: 'RATE', value }]);

/** Returns what a catalog has of each item, by external ID. */
function contents({ items }: LiveCatalog): Record<string, unknown> {
  const rows = Array.from({ length: items.rows }, (_, row) => row).filter((row) => items.exists[row] === 1);
  return Object.fromEntries(
    rows.map((row) => [
      items.externalIdOf(row),
      {
        title: items.titleOf(row),
        features: items.featuresOf(row),
        available: items.available[row] === 1,
        interactions: items.interactions[row],
        positives: items.positives[row],
      },
    ]),
  );
}

describe('a live catalog', () => {
  test('has everything that the database has when it is opened', async () => {
    await record('u', 'a', 5);
    await record('v', 'a', 2);
    const catalog = await openCatalog();
    const features = { genres: ['x', 'y'], year: 1999, maker: 'm' };
    expect(contents(catalog)).toEqual({
      a: { title: 'A', features, available: true, interactions: 2, positives: 1 },
      b: { title: 'B', features: {}, available: true, interactions: 0, positives: 0 },
    });
    const { id } = await db.database.interaction.findFirstOrThrow({ orderBy: { id: 'desc' } });
    expect(catalog.watermark).toBe(id);
  });

  test('waits for what this server has stored, also if a reading of it has begun', async () => {
    const catalog = await openCatalog();
    await upsertItems(db.database, [{ externalId: 'a', title: 'New' }]);
    catalog.noteWrite();
    // Such as after a notification.
    const reading = catalog.refresh();
    await catalog.upToDate();
    expect(contents(catalog).a).toMatchObject({ title: 'New' });
    await reading;
    await setItemAvailability(db.database, ['a'], false);
    const early = catalog.refresh();
    catalog.noteWrite();
    await catalog.upToDate();
    expect(contents(catalog).a).toMatchObject({ available: false });
    await early;
  });

  test('follows every kind of change after a refresh', async () => {
    const catalog = await openCatalog();
    await declareFeatureFields(db.database, [{ entity: 'ITEM', name: 'size', kind: 'NUMERIC' }]);
    await upsertItems(db.database, [{ externalId: 'c', title: 'C', features: { size: 3, genres: ['z'] } }]);
    await setItemAvailability(db.database, ['a'], false);
    await db.pool.query("UPDATE items SET title = 'New' WHERE external_id = 'b'");
    await record('u', 'c', 4);
    await catalog.refresh();
    expect(contents(catalog)).toMatchObject({
      a: { available: false },
      b: { title: 'New' },
      c: { features: { size: 3, genres: ['z'] }, interactions: 1, positives: 1 },
    });
    await db.pool.query("DELETE FROM items WHERE external_id = 'b'");
    await db.pool.query("DELETE FROM users WHERE external_id = 'u'");
    await catalog.refresh();
    expect(contents(catalog)).toEqual({
      a: expect.anything(),
      c: { title: 'C', features: { size: 3, genres: ['z'] }, available: true, interactions: 0, positives: 0 },
    });
    expect(catalog.items.rowOfExternalId('b')).toBeUndefined();
  });

  test('has no features that are undeclared, and has them again when they are declared again', async () => {
    const catalog = await openCatalog();
    const undeclared = await openCatalog();
    const [row] = [catalog.items.rowOfExternalId('a') as number];
    const revisions = [catalog.items.revisions[row]];
    const inGenre = () =>
      catalog.filters.of([{ kind: 'multiValued', feature: 'genres', in: ['x'] }]).then((marks) => marks?.[row]);
    expect(await inGenre()).toBe(1);
    const genres = { entity: 'ITEM', name: 'genres', kind: 'MULTI_VALUED' } as const;
    await undeclareFeatureFields(db.database, [genres]);
    await catalog.refresh();
    revisions.push(catalog.items.revisions[row]);
    expect(contents(catalog).a).toMatchObject({ features: { year: 1999, maker: 'm' } });
    expect(catalog.fields.map(({ name }) => name)).toEqual(['year', 'maker']);
    expect(await inGenre()).toBe(0);
    const other = await openCatalog();
    await declareFeatureFields(db.database, [genres]);
    for (const one of [catalog, other, undeclared]) {
      await one.refresh();
      expect(contents(one).a).toMatchObject({ features: { genres: ['x', 'y'], year: 1999, maker: 'm' } });
    }
    revisions.push(catalog.items.revisions[row]);
    expect(await inGenre()).toBe(1);
    // So that what was computed from the features is computed again.
    expect(new Set(revisions).size).toBe(3);
  });

  test('does not compute items anew for a feature that none of them has', async () => {
    const catalog = await openCatalog();
    const before = catalog.items.revisions.slice();
    await declareFeatureFields(db.database, [{ entity: 'ITEM', name: 'size', kind: 'NUMERIC' }]);
    await catalog.refresh();
    expect(catalog.items.revisions).toEqual(before);
  });

  test('ignores stored values that are not of the declared kind, and reports them', async () => {
    await db.pool.query(
      `UPDATE items SET features = '{"genres": {"a": 1}, "year": 1e400, "maker": "m", "__proto__": 1}' WHERE external_id = 'a'`,
    );
    await db.pool.query(`INSERT INTO feature_fields (entity, name, kind) VALUES ('ITEM', '__proto__', 'MULTI_VALUED')`);
    await declareFeatureFields(db.database, [{ entity: 'USER', name: 'age', kind: 'NUMERIC' }]);
    const ignored: string[] = [];
    const catalog = await LiveCatalog.open({
      connections: db.pool,
      onIgnored: ({ id, field }) => ignored.push(`${field.entity} ${id} ${field.name}`),
    });
    expect(contents(catalog)).toMatchObject({ a: { features: { maker: 'm' } }, b: { features: {} } });
    expect(ignored.sort()).toEqual(['item a __proto__', 'item a genres', 'item a year']);
    expect(catalog.featuresOfUser('u', { age: 'old', region: 'x' })).toEqual({});
    expect(ignored).toContain('user u age');
  });

  test('follows the pools of scenarios, and notes which of them have new interactions', async () => {
    const catalog = await openCatalog();
    const poolOf = (id: string) =>
      [...(catalog.scenarios.byExternalId(id)?.pool ?? [])].map((row) => catalog.items.externalIdOf(row));
    const before = catalog.scenarios.byExternalId('s');
    expect(poolOf('s')).toEqual(['b']);
    await record('u', 'a', 5);
    await catalog.refresh();
    expect(catalog.scenarios.byExternalId('s')).toBe(before);
    await record('u', 'b', 5);
    await catalog.refresh();
    const after = catalog.scenarios.byExternalId('s');
    expect(after?.watermark).toBe(catalog.watermark);
    expect(after?.watermark).toBeGreaterThan(before?.watermark as bigint);
    await setScenarioItems(db.database, 's', ['a']);
    await upsertScenarios(db.database, [{ externalId: 't', title: 'T' }]);
    await catalog.refresh();
    expect(poolOf('s')).toEqual(['a']);
    expect(poolOf('t')).toEqual([]);
    await db.pool.query("DELETE FROM scenarios WHERE external_id = 's'");
    await catalog.refresh();
    expect(catalog.scenarios.byExternalId('s')).toBeUndefined();
  });

  test('sees a change whose transaction began before a refresh and ended after a later change', async () => {
    const catalog = await openCatalog();
    await withConnection(db.pool, (client) =>
      within(client, async () => {
        await client.query("UPDATE items SET title = 'Slow' WHERE external_id = 'a'");
        await db.pool.query("UPDATE items SET title = 'Fast' WHERE external_id = 'b'");
        await catalog.refresh();
        expect(contents(catalog)).toMatchObject({ a: { title: 'A' }, b: { title: 'Fast' } });
      }),
    );
    await catalog.refresh();
    expect(contents(catalog)).toMatchObject({ a: { title: 'Slow' }, b: { title: 'Fast' } });
  });

  test('reads everything again when a table was emptied', async () => {
    const catalog = await openCatalog();
    await db.pool.query('TRUNCATE items CASCADE');
    await upsertItems(db.database, [{ externalId: 'n', title: 'N' }]);
    await catalog.refresh();
    expect(Object.keys(contents(catalog))).toEqual(['n']);
  });

  test('shares one reading among refreshes that are requested together, and each sees what was stored before', async () => {
    const catalog = await openCatalog();
    const first = catalog.refresh();
    await db.pool.query("UPDATE items SET title = 'Later' WHERE external_id = 'a'");
    await Promise.all([first, catalog.refresh(), catalog.refresh()]);
    expect(contents(catalog)).toMatchObject({ a: { title: 'Later' } });
  });

  test('finds an item and a scenario that were deleted and stored again between two readings', async () => {
    const catalog = await openCatalog();
    const before = catalog.items.revisions[catalog.items.rowOfExternalId('a') as number];
    await db.pool.query("DELETE FROM items WHERE external_id = 'a'; DELETE FROM scenarios WHERE external_id = 's'");
    await upsertItems(db.database, [{ externalId: 'a', title: 'Again', features: { year: 2000 } }]);
    await upsertScenarios(db.database, [{ externalId: 's', title: 'Again' }]);
    await setScenarioItems(db.database, 's', ['a']);
    await catalog.refresh();
    const row = catalog.items.rowOfExternalId('a') as number;
    expect(catalog.items.titleOf(row)).toBe('Again');
    expect(catalog.items.revisions[row]).not.toBe(before);
    expect(catalog.scenarios.byExternalId('s')).toMatchObject({ title: 'Again', pool: Int32Array.of(row) });
  });

  test('has the new features of items that were stored again with the internal IDs of other items', async () => {
    await db.pool.query('TRUNCATE items RESTART IDENTITY CASCADE');
    await upsertItems(db.database, [{ externalId: 'a', title: 'A', features: { year: 1 } }]);
    const catalog = await openCatalog();
    const before = catalog.items.revisions[0];
    await db.pool.query('TRUNCATE items RESTART IDENTITY CASCADE');
    await upsertItems(db.database, [
      { externalId: 'b', title: 'B', features: { year: 2 } },
      { externalId: 'a', title: 'A', features: { year: 3 } },
    ]);
    await catalog.refresh();
    expect(contents(catalog)).toMatchObject({ a: { features: { year: 3 } }, b: { features: { year: 2 } } });
    expect(catalog.items.externalIdOf(catalog.items.rowOfExternalId('a') as number)).toBe('a');
    expect([...catalog.items.revisions.subarray(0, catalog.items.rows)]).not.toContain(before);
  });

  test('has a small change at once while a large one is read', async () => {
    const catalog = await openCatalog();
    await db.pool.query(
      `INSERT INTO items (external_id, title) SELECT 'n' || n, 'N' FROM generate_series(1, 60000) AS n`,
    );
    await db.pool.query(`INSERT INTO scenario_items SELECT scenarios.id, items.id FROM scenarios, items
      WHERE items.external_id IN ('n1', 'n60000')`);
    await catalog.catchUp();
    expect(catalog.items.size).toBeLessThan(60_002);
    await setItemAvailability(db.database, ['a'], false);
    catalog.noteWrite();
    await catalog.upToDate();
    expect(catalog.items.size).toBeLessThan(60_002);
    expect(catalog.items.available[catalog.items.rowOfExternalId('a') as number]).toBe(0);
    await catalog.refresh();
    expect(catalog.items.size).toBe(60_002);
    expect(catalog.scenarios.byExternalId('s')?.pool).toHaveLength(3);
  });

  test('reads a large change once, and changes nothing if the same is read again', async () => {
    const catalog = await openCatalog();
    await db.pool.query(
      `INSERT INTO items (external_id, title) SELECT 'n' || n, 'N' FROM generate_series(1, 1500) AS n`,
    );
    await catalog.refresh();
    const { changes } = catalog.items;
    const scenario = catalog.scenarios.byExternalId('s');
    await withConnection(db.pool, (client) =>
      within(client, async () => {
        await client.query("UPDATE users SET features = '{}'");
        await db.pool.query("UPDATE items SET updated_at = now() WHERE external_id = 'a'");
        for (let time = 0; time < 3; time++) await catalog.refresh();
      }),
    );
    expect(catalog.items.changes).toBe(changes + 1);
    // All items are read again, and none of them is new.
    await db.pool.query("INSERT INTO catalog_changes (subject, ids) VALUES ('ITEM', '{}'), ('SCENARIO', '{}')");
    await catalog.refresh();
    expect(catalog.items.changes).toBe(changes + 1);
    expect(catalog.scenarios.byExternalId('s')).toBe(scenario);
  });

  test('leaves out the items of an import that are too many, and still follows everything else', async () => {
    const catalog = await openCatalog(3);
    let told = 0;
    catalog.on('full', () => told++);
    let models = 0;
    catalog.on('models', () => models++);
    await upsertItems(
      db.database,
      ['c', 'd', 'e'].map((externalId) => ({ externalId, title: externalId })),
    );
    await record('u', 'a', 5);
    await db.pool.query("INSERT INTO catalog_changes (subject, ids) VALUES ('MODEL', '{1}')");
    await catalog.refresh();
    expect(Object.keys(contents(catalog))).toEqual(['a', 'b', 'c']);
    expect(contents(catalog)).toMatchObject({ a: { interactions: 1 } });
    await catalog.refresh();
    expect([told, models, catalog.isStale]).toEqual([1, 1, false]);
    await db.pool.query("DELETE FROM items WHERE external_id IN ('b', 'd', 'e')");
    await catalog.refresh();
    // The rows of deleted items do not count.
    await upsertItems(db.database, [{ externalId: 'f', title: 'F' }]);
    await catalog.refresh();
    expect(Object.keys(contents(catalog))).toEqual(['a', 'c', 'f']);
  });

  test('refuses more items than its limit', async () => {
    await expect(openCatalog(1)).rejects.toThrow('WARMSTART_MAX_ITEMS: a server keeps at most 1 items in memory');
  });

  test('says how many items there may be once other servers could soon exceed that', async () => {
    const { size } = (await openCatalog()).items;
    const near = size + 50_000;
    expect((await openCatalog(near)).maxItemsIfNear).toBe(near);
    expect((await openCatalog(near + 1)).maxItemsIfNear).toBeUndefined();
  });
});
