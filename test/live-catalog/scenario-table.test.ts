import { beforeEach, describe, expect, test } from '@jest/globals';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import { ScenarioTable } from '../../src/live-catalog/scenario-table.ts';

describe('a table of scenarios', () => {
  let scenarios: ScenarioTable;

  beforeEach(() => {
    const items = new ItemTable();
    for (const id of [11, 12, 13]) items.put([id, `i${id}`, 'T', {}, true, 1, 0, 0]);
    scenarios = new ScenarioTable(items);
  });

  test('keeps the external ID of a scenario that was deleted and stored again', () => {
    scenarios.put([1, 's', 'S', 0, [11]], 0n);
    scenarios.put([2, 's', 'S', 0, [12]], 0n);
    scenarios.remove(1);
    expect(scenarios.byExternalId('s')).toMatchObject({ id: 2, pool: Int32Array.of(1) });
    scenarios.remove(2);
    expect(scenarios.byExternalId('s')).toBeUndefined();
  });

  test('keeps a scenario as it is, with its revision, if it is stored again like this', () => {
    scenarios.put([1, 's', 'S', 0, [11, 13]], 5n);
    const before = scenarios.byId(1);
    scenarios.put([1, 's', 'S', 0, [11, 13]], 6n);
    expect(scenarios.byId(1)).toBe(before);
    for (const changed of [
      [1, 's', 'S', 0, [11, 12]],
      [1, 's', 'New', 0, [11, 12]],
      [1, 't', 'New', 0, [11, 12]],
      [1, 't', 'New', 1, [11, 12]],
    ] as const) {
      const { revision } = scenarios.byId(1) as { revision: number };
      scenarios.put(changed, 7n);
      expect(scenarios.byId(1)?.revision).toBeGreaterThan(revision);
    }
    expect(scenarios.byExternalId('s')).toBeUndefined();
  });
});
