import type { Pool, PoolClient } from 'pg';
import type { LoadCount } from '../catalog/bulk-catalog.ts';
import { withConnection } from '../store/transaction.ts';
import { interactionBatches } from './interaction-batches.ts';
import { InteractionRows } from './interaction-rows.ts';
import type { KnownInteraction } from './known-interactions.ts';
import { NewInteractions } from './new-interactions.ts';
import { beginBatch, storeBatch } from './store-batch.ts';

/** Enough to be fast, and few enough to delay recording by only some tenths of a second. */
const defaultRows = 20_000;

/** Sorted interactions of a dataset, in groups. */
type Interactions = AsyncIterable<readonly KnownInteraction[]>;

/** A batch that a connection stores. */
interface Storing {
  readonly client: PoolClient;
  readonly rows: InteractionRows;
  readonly users: ReadonlySet<number>;
  readonly stored: Promise<void>;
}

/**
 * Adds the sorted interactions of a dataset that are not stored yet, in their order, in batches with a transaction each.
 * A concurrent recording waits for one batch, not for the whole load. A load that is interrupted has added complete
 * batches, and the next load adds the rest.
 *
 * Two connections store two batches at the same time. Batches with the same user follow each other, and the batches get
 * their IDs one after another, so the IDs are in the order of the interactions.
 */
export async function addInteractions(
  pool: Pool,
  dataset: string,
  interactions: Interactions,
  onAdded: (rows: number) => void,
  rowsPerTransaction = defaultRows,
): Promise<LoadCount> {
  const count = { read: 0, added: 0, changed: 0 };
  const newInteractions = new NewInteractions(dataset);
  const store = async (
    { client, rows }: Storing,
    batch: readonly KnownInteraction[],
    users: ReadonlySet<number>,
  ): Promise<Storing> => {
    const begun = await beginBatch(client, newInteractions, batch);
    const stored = storeBatch(client, dataset, rows, begun).then(() => {
      count.added += begun.interactions.length;
      count.read += batch.length;
      onAdded(count.read);
    });
    // It is awaited before the connection's next batch.
    stored.catch(() => {});
    return { client, rows, users, stored };
  };
  await withConnection(pool, (first) =>
    withConnection(pool, async (second) => {
      let [earlier, last] = [idle(first), idle(second)];
      try {
        for await (const batch of interactionBatches(interactions, rowsPerTransaction)) {
          const users = new Set(batch.map(({ userId }) => userId));
          await earlier.stored;
          if (haveCommon(users, last.users)) await last.stored;
          [earlier, last] = [last, await store(earlier, batch, users)];
        }
        await earlier.stored;
        await last.stored;
      } finally {
        await Promise.allSettled([earlier.stored, last.stored]);
      }
    }),
  );
  return count;
}

/** Counts what `addInteractions` would add, without a lock. */
export async function countInteractions(
  client: PoolClient,
  dataset: string,
  interactions: Interactions,
  onAdded: (rows: number) => void,
): Promise<LoadCount> {
  const count = { read: 0, added: 0, changed: 0 };
  const newInteractions = new NewInteractions(dataset);
  for await (const batch of interactionBatches(interactions, defaultRows)) {
    count.added += (await newInteractions.of(client, batch)).length;
    count.read += batch.length;
    onAdded(count.read);
  }
  return count;
}

function idle(client: PoolClient): Storing {
  return { client, rows: new InteractionRows(), users: new Set(), stored: Promise.resolve() };
}

function haveCommon(some: ReadonlySet<number>, others: ReadonlySet<number>): boolean {
  for (const one of some) if (others.has(one)) return true;
  return false;
}
