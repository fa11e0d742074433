import { beforeAll, describe, expect, test } from '@jest/globals';
import { checkItemFilter, type FeatureCondition } from '../../src/catalog/item-filter.ts';
import { listItems } from '../../src/catalog/items.ts';
import type { ItemRecord } from '../../src/datasets/dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { FeatureColumn } from '../../src/live-catalog/feature-columns.ts';
import { FilterMarks } from '../../src/live-catalog/filter-marks.ts';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const quoted = `it's "a" \\ $1`;
const items: readonly ItemRecord[] = (
  [
    { id: 'plain', features: {} },
    { id: 'nulls', features: { genres: null, maker: null, length: null } },
    { id: 'drama', features: { genres: ['drama'], maker: 'A', length: 90 } },
    { id: 'mixed', features: { genres: ['drama', 'comedy'], maker: 'B', length: 100.5 } },
    { id: 'empty', features: { genres: [], maker: '', length: 0 } },
    { id: 'minus', features: { genres: ['comedy', quoted], maker: 'a', length: -1e15 } },
  ] as const
).map((item) => ({ ...item, title: item.id }));

describe('the marks of a filter', () => {
  const db = testDatabase();
  let catalog: LiveCatalog;

  /** The items that pass, by memory and by SQL. */
  const passing = async (features: readonly FeatureCondition[]) => {
    const marks = await catalog.filters.of(checkItemFilter(catalog.fields, { features }));
    const rows = [...(marks ?? [])].flatMap((mark, row) => (mark === 1 ? [row] : []));
    const bySql = await listItems(db.database, 100, 0, { features, includeUnavailable: true });
    return [rows.map((row) => catalog.items.externalIdOf(row)), bySql.map(({ externalId }) => externalId)];
  };

  beforeAll(async () => {
    const fields = [
      { entity: 'item', name: 'genres', kind: 'multiValued' },
      { entity: 'item', name: 'maker', kind: 'categorical' },
      { entity: 'item', name: 'length', kind: 'numeric' },
    ] as const;
    await loadDataset(db.pool, smallDataset({ items, fields }), { ratingScale: { minimum: 1, maximum: 5 } });
    catalog = await LiveCatalog.open({ connections: db.pool });
  });

  test.each<[FeatureCondition[]]>([
    [[{ feature: 'genres', in: ['drama'] }]],
    [[{ feature: 'genres', in: ['comedy', 'none'] }]],
    [[{ feature: 'genres', in: [quoted] }]],
    [[{ feature: 'genres', notIn: ['drama'] }]],
    [[{ feature: 'genres', in: ['drama'], notIn: ['comedy'] }]],
    [[{ feature: 'maker', in: ['A', ''] }]],
    [[{ feature: 'maker', notIn: ['A', 'unknown'] }]],
    [[{ feature: 'length', atLeast: 0 }]],
    [[{ feature: 'length', atLeast: 90, atMost: 100.5 }]],
    [[{ feature: 'length', atMost: -1e15 }]],
    [
      [
        { feature: 'length', atLeast: -5 },
        { feature: 'genres', notIn: ['comedy'] },
      ],
    ],
  ])('are of the items that PostgreSQL finds: %j', async (conditions) => {
    const [marked, found] = await passing(conditions);
    expect(marked).toEqual(found);
  });

  test('follow changes of items, also of lists that become longer or shorter', async () => {
    for (const genres of [['a', 'b', 'c'], ['c'], ['b', 'c', 'd', 'e'], null]) {
      await db.pool.query(
        `UPDATE items SET features = jsonb_build_object('genres', $1::jsonb) WHERE external_id = 'drama'`,
        [JSON.stringify(genres)],
      );
      await catalog.refresh();
      for (const value of ['a', 'b', 'c', 'd', 'drama']) {
        const [marked, found] = await passing([{ feature: 'genres', in: [value] }]);
        expect(marked).toEqual(found);
      }
    }
  });

  test('are tested once for lists that ask at the same time, and see what changes during the test', async () => {
    const items = new ItemTable();
    const fields = [{ entity: 'item', name: 'length', kind: 'numeric' }] as const;
    items.declare(fields);
    const put = (id: number, length: number, revision = 1) =>
      items.put([id, `i${id}`, 'T', { length }, true, revision, 0, 0]);
    const count = 250_000;
    for (let id = 1; id <= count; id++) put(id, id % 2);
    let tests = 0;
    const column = items.column('length') as FeatureColumn;
    const { isWithin } = column;
    column.isWithin = (...range) => {
      const passes = isWithin(...range);
      return (row) => {
        tests++;
        return passes(row);
      };
    };
    const filters = new FilterMarks(items);
    const conditions = checkItemFilter(fields, { features: [{ feature: 'length', atLeast: 1 }] });
    const asked = [filters.of(conditions), filters.of(conditions)];
    // The first rows have been tested.
    put(1, 0, 2);
    put(count + 1, 1);
    for (const marks of [...(await Promise.all(asked)), await filters.of(conditions)]) {
      expect([marks?.[0], marks?.[2], marks?.[count]]).toEqual([0, 1, 1]);
      expect(marks?.reduce((sum, mark) => sum + mark, 0)).toBe(count / 2);
    }
    expect(tests).toBeLessThan(count + 10);
    items.remove(3);
    expect((await filters.of(conditions))?.[2]).toBe(0);
    expect(tests).toBeLessThan(count + 10);
  });

  test('are kept while no item changes, and there are none without conditions', async () => {
    const conditions = checkItemFilter(catalog.fields, { features: [{ feature: 'maker', in: ['B'] }] });
    expect(await catalog.filters.of(conditions)).toBe(await catalog.filters.of(conditions));
    expect(await catalog.filters.of([])).toBeNull();
  });
});
