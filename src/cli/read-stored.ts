import type { Config } from '../config.ts';
import type { DatasetTables } from '../model-benchmark/dataset-tables.ts';
import { type ReadTablesOptions, readStoredTables } from '../pipeline/read-stored-tables.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { databaseTime } from '../store/database-time.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { openStore } from './open-store.ts';

/** What is stored, as of one moment. */
export interface StoredData {
  readonly tables: DatasetTables;
  /** Describes the database, without the password, or the files. */
  readonly place: string;
  readonly readAt: Date;
}

/**
 * Reads what is stored and closes the database again. Nothing is changed, and pending migrations are refused.
 */
export async function readStored(config: Config, histories: ReadTablesOptions): Promise<StoredData> {
  const { database, place, close } = await openStore(config, { migrates: false });
  try {
    return { place, ...(await readTablesOf(database, histories)) };
  } finally {
    await close();
  }
}

/** Reads what a database has, as of one moment. */
export async function readTablesOf(
  database: TransactionalDatabase,
  histories: ReadTablesOptions,
): Promise<Omit<StoredData, 'place'>> {
  return readSnapshot(database, async (snapshot) => {
    const readAt = await databaseTime(snapshot);
    return { readAt, tables: await readStoredTables(snapshot, histories) };
  });
}

/** The moment, and the number of users with enough interactions, of items and of interactions. */
export function countsOf({ readAt, tables: { users, items, interactions } }: StoredData) {
  return { readAt, users: users.length, items: items.length, interactions: interactions.users.length };
}

export function describeStored(stored: StoredData): string {
  const { readAt, users, items, interactions } = countsOf(stored);
  const format = (count: number) => count.toLocaleString('en');
  const counts = `${format(users)} users with enough interactions, ${format(items)} items, ${format(interactions)} interactions`;
  return `${stored.place}, as of ${readAt.toISOString()}: ${counts}`;
}
