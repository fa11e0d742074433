import type { Batch, OnReject, Origin, ScenarioRecord } from '../dataset.ts';
import type { MappedTable } from './mapped-table.ts';

interface Pool {
  title: string | null;
  readonly items: Set<string>;
  readonly origin: Origin;
}

/**
 * Reads the scenarios of all tables, each with the items of all its rows and the last title. A scenario is incomplete if
 * a row was rejected that may have its title.
 */
export async function* mergeScenarios(
  tables: readonly MappedTable[],
  onReject: OnReject,
): AsyncGenerator<Batch<ScenarioRecord>> {
  const pools = new Map<string, Pool>();
  const lost = new Set<string | undefined>();
  for (const table of tables) {
    for await (const { rows, bytes } of table.read('scenarios', onReject, (id) => lost.add(id))) {
      for (const { record, ...origin } of rows) {
        const known = pools.get(record.id);
        const pool = known ?? { title: null, items: new Set(), origin };
        if (known === undefined) pools.set(record.id, pool);
        pool.title = record.title ?? pool.title;
        for (const item of record.items) pool.items.add(item);
      }
      yield { rows: [], bytes };
    }
  }
  const rows = [...pools].map(([id, { title, items, origin }]) => {
    const incomplete = lost.has(id) || lost.has(undefined) ? { incomplete: true as const } : {};
    return { ...origin, record: { id, title: title ?? id, items: [...items], ...incomplete } };
  });
  yield { rows, bytes: 0 };
}
