import type { Store } from '../../src/cli/open-store.ts';
import { type Catalog, storeItems, syntheticSize } from './data.ts';
import { sendAtOnce, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { startMeasuredServer } from './server.ts';
import { latency, rounded } from './statistics.ts';
import { operationNames, requestsFor } from './traffic.ts';

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

/** Adds items until there are this many, starts a server and measures lists. */
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
    await printLists({ url: server.url, key }, catalog, seconds);
    return { items, secondsToLoad, bytesPerItem };
  } finally {
    await server.stop();
  }
}

async function printLists(target: Target, catalog: Catalog, seconds: number): Promise<void> {
  for (const operation of ['user', 'filtered'] as const) {
    const { samples } = await sendAtOnce(target, requestsFor(operation, catalog), { connections: 1, seconds });
    const value = latency(samples, 0.5);
    printRow({ what: `${operationNames[operation]}, alone, median`, value, unit: 'ms', target: '80 ms' });
  }
}
