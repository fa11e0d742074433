import type { PoolClient } from 'pg';
import type { LoadCount } from '../catalog/bulk-catalog.ts';
import type { KnownInteraction } from './known-interactions.ts';
import { type StagedBatch, StagingTable } from './staging-table.ts';
import { storeBatch } from './store-batch.ts';

/** Enough to be fast, and few enough to delay recording by only some tenths of a second. */
const defaultRows = 20_000;

/**
 * Collects interactions in a staging table of each connection, where PostgreSQL sorts them. The memory of this process
 * does not grow with their number. Interactions of a user are all in the same table.
 */
export async function stageInteractions(
  clients: readonly PoolClient[],
  interactions: AsyncIterable<readonly KnownInteraction[]>,
): Promise<StagingTable[]> {
  const tables = clients.map((client) => new StagingTable(client));
  let position = 0;
  for await (const group of interactions) {
    for (const interaction of group) {
      (tables[interaction.userId % tables.length] as StagingTable).add(interaction, position++);
    }
    for (const table of tables) await table.sendIfEnough();
  }
  for (const table of tables) await table.end();
  return tables;
}

export interface StoreOptions {
  /** Receives the number of interactions stored so far. */
  readonly onAdded?: (rows: number) => void;
  readonly rowsPerTransaction?: number;
  /** Stores a batch and returns how many of its rows were not stored before. */
  readonly store?: (client: PoolClient, dataset: string, batch: StagedBatch) => Promise<number>;
}

/**
 * Adds the staged interactions of a dataset that are not stored yet, in batches with a transaction each. A concurrent
 * recording waits for one batch, not for the whole load. A load that is interrupted has added complete batches, and the
 * next load adds the rest.
 *
 * The tables are stored at the same time. A user's interactions get their IDs in the order of their times.
 */
export async function addInteractions(
  tables: readonly StagingTable[],
  dataset: string,
  { onAdded = () => {}, rowsPerTransaction = defaultRows, store = storeBatch }: StoreOptions = {},
): Promise<LoadCount> {
  const count = { read: 0, added: 0, changed: 0 };
  let failed = false;
  const storeAll = async (table: StagingTable) => {
    for (const batch of await table.sort(rowsPerTransaction)) {
      if (failed) return;
      const added = await store(table.client, dataset, batch);
      // The other table has changed the count in the meantime.
      count.added += added;
      count.read += batch.rows;
      onAdded(count.read);
    }
    await table.drop();
  };
  const stored = await Promise.allSettled(
    tables.map((table) =>
      storeAll(table).catch((error) => {
        failed = true;
        throw error;
      }),
    ),
  );
  for (const result of stored) if (result.status === 'rejected') throw result.reason;
  return count;
}
