import { z } from 'zod';
import { type Database, type ModelVersion, sql } from '../store/database.ts';

const count = z.number().int().min(0);
const snapshotSchema = z.object({
  takenAt: z.coerce.date(),
  users: count,
  items: count,
  scenarios: count,
  interactions: count,
  trainedTasks: count,
  heldOutTasks: count,
});

/** The data that a training run read: what was stored at that time, and how it was divided into tasks. */
export type DataSnapshot = z.output<typeof snapshotSchema>;
export type StoredCounts = Omit<DataSnapshot, 'trainedTasks' | 'heldOutTasks'>;

/** Returns a version's data snapshot, or `null` if the version is older than these records. */
export function dataSnapshotOf({ dataSnapshot }: Pick<ModelVersion, 'dataSnapshot'>): DataSnapshot | null {
  return snapshotSchema.safeParse(dataSnapshot).data ?? null;
}

/** Counts the stored users, items, scenarios and interactions in one statement. */
export async function countStored(database: Database): Promise<StoredCounts> {
  const [row] = await database.$queryRaw<StoredCounts[]>(sql`
    SELECT now() AS "takenAt",
      (SELECT count(*) FROM users)::float8 AS users,
      (SELECT count(*) FROM items)::float8 AS items,
      (SELECT count(*) FROM scenarios)::float8 AS scenarios,
      (SELECT coalesce(sum(interactions), 0) FROM item_popularity)::float8 AS interactions`);
  return row as StoredCounts;
}
