import { beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { declaredFields } from '../../src/catalog/feature-fields.ts';
import { checkItemFilter, type FeatureCondition } from '../../src/catalog/item-filter.ts';
import { sqlOf } from '../../src/catalog/item-filter-sql.ts';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { sql } from '../../src/store/database.ts';
import { testDatabase } from '../support/test-database.ts';

describe('features that are dates', () => {
  const db = testDatabase();
  let catalog: LiveCatalog;
  const released = {
    day: '2026-11-22',
    morning: '2026-11-22T08:30:00.5+01:00',
    night: '2026-11-22T23:59:59Z',
    before: '2026-11-21T23:59:59.999Z',
    old: '1066-10-14',
    none: null,
  };
  const store = (dates: Readonly<Record<string, unknown>>) =>
    upsertItems(
      db.database,
      Object.entries(dates).map(([externalId, date]) => ({
        ...{ externalId, title: externalId },
        features: { released: date, genre: '2026-11-22 10:00' },
      })),
    );

  beforeAll(async () => {
    await declareFeatureFields(db.database, [
      { entity: 'ITEM', name: 'released', kind: 'DATE' },
      { entity: 'ITEM', name: 'genre', kind: 'CATEGORICAL' },
    ]);
    await store(released);
    await db.pool.query(`INSERT INTO items (external_id, title, features) VALUES
      ('year', '', '{"released": "2026"}'), ('number', '', '{"released": 2026}')`);
    catalog = await LiveCatalog.open({ connections: db.pool });
  });

  /** Returns the items that pass, by SQL and in memory. */
  async function passing(condition: Omit<FeatureCondition, 'feature'>): Promise<string[]> {
    const conditions = checkItemFilter(await declaredFields(db.database), {
      features: [{ feature: 'released', ...condition }],
    });
    const stored = await db.database.$queryRaw<{ id: string }[]>(
      sql`SELECT external_id AS id FROM items WHERE ${sqlOf(conditions)} ORDER BY items.id`,
    );
    const marks = (await catalog.filters.of(conditions)) as Uint8Array;
    const rows = [...marks.keys()].filter((row) => marks[row] === 1);
    expect(rows.map((row) => catalog.items.externalIdOf(row))).toEqual(stored.map(({ id }) => id));
    return stored.map(({ id }) => id);
  }

  test('are stored in UTC, a day as a day, and texts of other kinds as they are', async () => {
    const items = await db.database.item.findMany({ where: { title: { not: '' } }, orderBy: { id: 'asc' } });
    expect(items.map(({ features }) => features)).toEqual(
      [
        ...['2026-11-22', '2026-11-22T07:30:00.500Z', '2026-11-22T23:59:59.000Z', '2026-11-21T23:59:59.999Z'],
        ...['1066-10-14', null],
      ].map((date) => ({ released: date, genre: '2026-11-22 10:00' })),
    );
    for (const { externalId, features } of items) {
      const row = catalog.items.rowOfExternalId(externalId) as number;
      expect(catalog.items.featuresOf(row).released ?? null).toBe((features as { released: string }).released);
    }
  });

  test.each<[Omit<FeatureCondition, 'feature'>, string[]]>([
    [{ from: '2026-11-22' }, ['day', 'morning', 'night']],
    [{ until: '2026-11-22' }, ['day', 'morning', 'night', 'before', 'old']],
    [{ until: '2026-11-21' }, ['before', 'old']],
    [{ from: '2026-11-22', until: '2026-11-22' }, ['day', 'morning', 'night']],
    [{ from: '2026-11-22T07:30:00.5Z', until: '2026-11-23T00:00:00+02:00' }, ['morning']],
    [{ until: '2026-11-22T00:00:00Z' }, ['day', 'before', 'old']],
    [{ until: '1066-10-13' }, []],
  ])('that pass %j', async (condition, items) => {
    expect(await passing(condition)).toEqual(items);
  });

  test.each<[FeatureCondition, string]>([
    [{ feature: 'released', atLeast: 1 }, '0: expected only from and until for the date feature "released"'],
    [{ feature: 'genre', from: '2026-11-22' }, '0: expected only in and notIn for the categorical feature "genre"'],
    [
      { feature: 'released', until: '2026-02-30' },
      '0.until: expected a date such as 2026-11-22 or 2026-11-22T08:30:00Z, from the year 1000 to 9999, got "2026-02-30"',
    ],
  ])('refuse the condition %j', async (condition, message) => {
    const fields = await declaredFields(db.database);
    expect(() => checkItemFilter(fields, { features: [condition] })).toThrow(`filter.features.${message}`);
  });

  test.each<[unknown, string]>([
    ['2026-02-30', '"2026-02-30"'],
    ['22.11.2026', '"22.11.2026"'],
    [1795336200, '1795336200'],
  ])('refuse %j', async (date, found) => {
    await expect(store({ day: date })).rejects.toThrow(
      `items.0.features.released: expected a date such as 2026-11-22 or 2026-11-22T08:30:00Z, from the year 1000 to 9999 for the date item feature "released", got ${found}`,
    );
  });
});
