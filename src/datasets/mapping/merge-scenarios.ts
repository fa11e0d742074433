import type { Batch, OnReject, Origin, ScenarioRecord } from '../dataset.ts';
import type { MappedTable } from './mapped-table.ts';
import type { Rule } from './parse-rules.ts';

interface Pool {
  title: string | null;
  rule: Rule | null;
  readonly items: Set<string>;
  readonly origin: Origin;
}

/**
 * Reads the scenarios of all tables, each with the items of all its rows, the last title and the last rule. A scenario is incomplete if
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
        const pool = known ?? { title: null, rule: null, items: new Set(), origin };
        if (known === undefined) pools.set(record.id, pool);
        pool.title = record.title ?? pool.title;
        pool.rule = record.rule ?? pool.rule;
        for (const item of record.items) pool.items.add(item);
      }
      yield { rows: [], bytes };
    }
  }
  const rows = [...pools].map(([id, { title, rule, items, origin }]) => {
    const incomplete = lost.has(id) || lost.has(undefined) ? { incomplete: true as const } : {};
    return {
      ...origin,
      record: { id, title: title ?? id, items: [...items], ...(rule ? { rule } : {}), ...incomplete },
    };
  });
  yield { rows, bytes: 0 };
}
