import type { Batch, OnReject, Origin, ScenarioRecord, Sourced } from '../dataset.ts';
import type { MappedTable } from './mapped-table.ts';
import type { Rule } from './parse-rules.ts';
import type { PoolSizes } from './read-value-scenarios.ts';

interface Pool {
  title: string | null;
  rule: Rule | null;
  readonly items: Set<string>;
  readonly origin: Origin;
  /** The sizes between which it is a scenario, unless rows name it. */
  sizes: PoolSizes | undefined;
}

/**
 * Reads the scenarios of all tables, each with the items of all its rows, the last title and the last rule. A scenario that
 * rows name is incomplete if a row was rejected that may have its title.
 */
export async function* mergeScenarios(
  tables: readonly MappedTable[],
  onReject: OnReject,
): AsyncGenerator<Batch<ScenarioRecord>> {
  const pools = new Map<string, Pool>();
  const lost = new Set<string | undefined>();
  for (const table of tables) {
    if (table.has('scenarios')) yield* addNamed(pools, lost, table, onReject);
    if (table.has('scenariosByValue')) yield* addByValue(pools, table, onReject);
  }
  const isLost = (id: string) => lost.has(id) || lost.has(undefined);
  const rows = [...pools].filter(([, { items, sizes }]) => isWithin(items.size, sizes));
  yield { rows: rows.map(([id, pool]) => scenarioOf(id, pool, isLost(id))), bytes: 0 };
}

async function* addNamed(
  pools: Map<string, Pool>,
  lost: Set<string | undefined>,
  table: MappedTable,
  onReject: OnReject,
): AsyncGenerator<Batch<ScenarioRecord>> {
  for await (const { rows, bytes } of table.read('scenarios', onReject, (id) => lost.add(id))) {
    for (const { record, ...origin } of rows) {
      const pool = poolOf(pools, record.id, origin);
      pool.title = record.title ?? pool.title;
      pool.rule = record.rule ?? pool.rule;
      pool.sizes = undefined;
      for (const item of record.items) pool.items.add(item);
    }
    yield { rows: [], bytes };
  }
}

async function* addByValue(
  pools: Map<string, Pool>,
  table: MappedTable,
  onReject: OnReject,
): AsyncGenerator<Batch<ScenarioRecord>> {
  for await (const { rows, bytes } of table.read('scenariosByValue', onReject)) {
    for (const { record, ...origin } of rows) {
      for (const { id, title } of record.scenarios) {
        const pool = poolOf(pools, id, origin, record.sizes);
        pool.title ??= title;
        pool.items.add(record.item);
      }
    }
    yield { rows: [], bytes };
  }
}

function poolOf(pools: Map<string, Pool>, id: string, origin: Origin, sizes?: PoolSizes): Pool {
  const known = pools.get(id);
  if (known !== undefined) return known;
  const pool = { title: null, rule: null, items: new Set<string>(), origin, sizes };
  pools.set(id, pool);
  return pool;
}

function isWithin(size: number, { minItems, maxItems = Infinity }: PoolSizes = { minItems: 0 }): boolean {
  return size >= minItems && size <= maxItems;
}

function scenarioOf(id: string, pool: Pool, isLost: boolean): Sourced<ScenarioRecord> {
  const { title, rule, items, origin, sizes } = pool;
  const incomplete = isLost && sizes === undefined ? { incomplete: true as const } : {};
  return {
    ...origin,
    record: { id, title: title ?? id, items: [...items], ...(rule ? { rule } : {}), ...incomplete },
  };
}
