import { describe, expect, test } from '@jest/globals';
import { ItemTable, type ItemTuple } from '../../src/live-catalog/item-table.ts';

const item = (
  id: number,
  externalId: string,
  change: { title?: string; revision?: number; createdAt?: number } = {},
) => {
  const { title = externalId, revision = 1, createdAt = 1000 } = change;
  return [id, externalId, title, { year: id }, true, revision, createdAt, createdAt] satisfies ItemTuple;
};

function tableOf(...items: ItemTuple[]): ItemTable {
  const table = new ItemTable();
  table.declare([{ entity: 'item', name: 'year', kind: 'numeric' }]);
  for (const each of items) table.put(each);
  return table;
}

/** The item that an external ID names: its internal ID and the name of its row. */
function named(table: ItemTable, externalId: string) {
  const row = table.rowOfExternalId(externalId);
  return row === undefined ? undefined : [table.ids[row], table.externalIdOf(row)];
}

describe('a table of items', () => {
  test('keeps the external ID of an item that was deleted and stored again, whichever is noticed first', () => {
    const removedLast = tableOf(item(1, 'x'), item(2, 'x'));
    removedLast.remove(1);
    expect(named(removedLast, 'x')).toEqual([2, 'x']);
    const removedFirst = tableOf(item(1, 'x'));
    removedFirst.remove(1);
    removedFirst.put(item(2, 'x'));
    expect(named(removedFirst, 'x')).toEqual([2, 'x']);
    removedFirst.remove(2);
    expect(named(removedFirst, 'x')).toBeUndefined();
  });

  test('still knows what an item was that has just been removed, until 1,000 others are', () => {
    const table = tableOf(item(1, 'x', { title: 'Gone' }));
    table.remove(1);
    expect([table.rowOf(1), table.lastRowOf(1), table.titleOf(0)]).toEqual([undefined, 0, 'Gone']);
    expect(table.featuresOf(0)).toEqual({ year: 1 });
    for (let id = 2; id <= 1001; id++) {
      table.put(item(id, `i${id}`));
      table.remove(id);
    }
    expect([table.lastRowOf(1), table.titleOf(0), table.featuresOf(0)]).toEqual([undefined, '', {}]);
    expect(table.size).toBe(0);
  });

  test('does not list an item whose external ID another item has taken over', () => {
    const table = tableOf(item(1, 'x'), item(2, 'x'));
    expect([...table.available.subarray(0, 2)]).toEqual([0, 1]);
  });

  test('follows two items that swap their external IDs', () => {
    const table = tableOf(item(1, 'a'), item(2, 'b'), item(1, 'b'), item(2, 'a'));
    expect([named(table, 'a'), named(table, 'b')]).toEqual([
      [2, 'a'],
      [1, 'b'],
    ]);
    expect([...table.available.subarray(0, 2)]).toEqual([1, 1]);
  });

  test('gives another revision to an item that was stored again with the same IDs and the same revision', () => {
    const table = tableOf(item(1, 'x'));
    const before = table.revisions[0];
    table.put(item(1, 'x', { createdAt: 2000 }));
    expect(table.revisions[0]).not.toBe(before);
    expect(table.storedRevisionOf(0)).toBe(1);
    const removed = tableOf(item(1, 'x'));
    removed.remove(1);
    removed.put(item(1, 'x'));
    expect(removed.revisions[removed.rowOf(1) as number]).not.toBe(before);
  });

  test('keeps the revision if only the title has changed, and changes nothing for an equal item', () => {
    const table = tableOf(item(1, 'x'));
    const [{ changes }, revision] = [table, table.revisions[0]];
    table.put(item(1, 'x'));
    expect(table.changes).toBe(changes);
    table.put(item(1, 'x', { title: 'New' }));
    expect([table.titleOf(0), table.revisions[0]]).toEqual(['New', revision]);
    table.put(item(1, 'x', { revision: 2 }));
    expect(table.revisions[0]).not.toBe(revision);
  });

  test('knows which rows have changed, up to 65,536 changes back, and none from before a declaration', () => {
    const table = tableOf(item(1, 'a'), item(2, 'b'));
    const { changes } = table;
    table.put(item(3, 'c'));
    table.remove(1);
    expect([...(table.changedSince(changes) ?? [])]).toEqual([2, 0]);
    expect([...(table.changedSince(table.changes) ?? [0])]).toEqual([]);
    for (let revision = 2; revision < 2 + 65_534; revision++) table.put(item(2, 'b', { revision }));
    expect(table.changedSince(changes)).toHaveLength(65_536);
    table.put(item(2, 'b', { title: 'Last' }));
    expect(table.changedSince(changes)).toBeUndefined();
    const before = table.changes;
    table.declare([{ entity: 'item', name: 'size', kind: 'numeric' }]);
    expect(table.changes).toBeGreaterThan(before);
    expect(table.changedSince(before)).toBeUndefined();
  });

  test('counts the interactions of a new item only: those of a known one come on their own', () => {
    const table = tableOf([...item(1, 'a'), 5, 2]);
    expect([table.interactions[0], table.positives[0]]).toEqual([5, 2]);
    table.put([...item(1, 'a', { title: 'New' }), 1, 1]);
    expect([table.interactions[0], table.positives[0], table.size]).toEqual([5, 2, 1]);
  });
});
