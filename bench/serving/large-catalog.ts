import type { Pool } from 'pg';
import type { Store } from '../../src/cli/open-store.ts';
import { type Catalog, storeItems, syntheticSize } from './data.ts';
import { sendAtOnce, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { startMeasuredServer } from './server.ts';
import { latency, rounded } from './statistics.ts';
import { type NextBody, operationNames, requestsFor } from './traffic.ts';

/** `catalogue` in the results: the catalog that a server keeps in memory. */
export interface LargeCatalog {
  readonly items: number;
  /** From the start of the server's process until it is ready. */
  readonly secondsToLoad: number;
  /** What each further item adds to the resident memory of a server that has just become ready. */
  readonly bytesPerItem: number;
}

export interface LargeCatalogOptions {
  readonly items: number;
  /** The resident memory, in MiB, of a server that had just become ready with the synthetic items alone. */
  readonly smallServerMiB: number;
  readonly key: string;
  readonly seconds: number;
}

/** Adds items until there are this many, starts a server and measures lists, also of what is largest. */
export async function measureLargeCatalog(
  { pool, url }: Store,
  catalog: Catalog,
  { items, smallServerMiB, key, seconds }: LargeCatalogOptions,
): Promise<LargeCatalog> {
  printHeading(`With ${items.toLocaleString('en-US')} items`);
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM items');
  const before = Number(rows[0]?.count);
  await storeItems(pool, syntheticSize.items + 1, syntheticSize.items + items - before);
  const server = await startMeasuredServer({ DATABASE_URL: url });
  try {
    const rss = server.rss();
    const bytesPerItem = Math.round(((rss - smallServerMiB) * 2 ** 20) / (items - before));
    const secondsToLoad = rounded(server.secondsToReady);
    const target = items > 100_000 ? '20 s' : '5 s';
    printRow({ what: 'server ready after', value: secondsToLoad, unit: 's', target });
    printRow({ what: 'memory of an item', value: bytesPerItem, unit: 'bytes', beside: `${rss} MiB in all` });
    // Later, so that the memory is that of the items.
    await storeLargest(pool);
    await printLists({ url: server.url, key }, catalog, seconds);
    return { items, secondsToLoad, bytesPerItem };
  } finally {
    await server.stop();
  }
}

/** The user with the most interactions, and the scenario with the most items. */
const largest = { user: 'largest user', interactions: 100_000, scenario: 'largest scenario', items: 100_000 };

async function storeLargest(pool: Pool): Promise<void> {
  const { user, interactions, scenario, items } = largest;
  await pool.query(
    `WITH stored AS (INSERT INTO users (external_id) VALUES ($1) RETURNING id)
     INSERT INTO interactions (user_id, item_id, type, value)
     SELECT stored.id, items.id, 'RATE', 1 + n % 5
     FROM stored, generate_series(1, $2::int) AS n JOIN items ON items.external_id = 'item-' || (1 + n % $3::int)`,
    [user, interactions, syntheticSize.items],
  );
  await pool.query(
    `WITH stored AS (INSERT INTO scenarios (external_id, title) VALUES ($1, $1) RETURNING id)
     INSERT INTO scenario_items (scenario_id, item_id)
     SELECT stored.id, pool.id FROM stored, (SELECT id FROM items ORDER BY id LIMIT $2) AS pool`,
    [scenario, items],
  );
}

async function printLists(target: Target, catalog: Catalog, seconds: number): Promise<void> {
  const print = async (what: string, next: NextBody) => {
    // The first requests compute what later ones find.
    await sendAtOnce(target, next, { connections: 1, seconds });
    const { samples } = await sendAtOnce(target, next, { connections: 1, seconds });
    printRow({ what: `${what}, alone, median`, value: latency(samples, 0.5), unit: 'ms', target: '80 ms' });
  };
  for (const operation of ['user', 'filtered', 'similar'] as const)
    await print(operationNames[operation], requestsFor(operation, catalog));
  const list = (user: string, scenario?: string) => () =>
    JSON.stringify({ query: listDocument, variables: { user, scenario } });
  const count = (number: number) => number.toLocaleString('en-US');
  await print(`a user with ${count(largest.interactions)} ratings`, list(largest.user));
  await print(`a scenario of up to ${count(largest.items)} items`, list('user-1', largest.scenario));
}

const listDocument = `query List($user: ID!, $scenario: ID) {
  recommendations(for: { user: $user }, scenario: $scenario, first: 10) { edges { node { title } score } }
}`;
