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

/** What was stored when a training read it, and what the training made of it. */
export type DataSnapshot = z.output<typeof snapshotSchema>;
export type StoredCounts = Omit<DataSnapshot, 'trainedTasks' | 'heldOutTasks'>;

/** `null` for versions older than the record. */
export function dataSnapshotOf({ dataSnapshot }: Pick<ModelVersion, 'dataSnapshot'>): DataSnapshot | null {
  return snapshotSchema.safeParse(dataSnapshot).data ?? null;
}

/** Counts what is stored, in one statement. */
export async function countStored(database: Database): Promise<StoredCounts> {
  const [row] = await database.$queryRaw<StoredCounts[]>(sql`
    SELECT now() AS "takenAt",
      (SELECT count(*) FROM users)::float8 AS users,
      (SELECT count(*) FROM items)::float8 AS items,
      (SELECT count(*) FROM scenarios)::float8 AS scenarios,
      (SELECT coalesce(sum(interactions), 0) FROM item_popularity)::float8 AS interactions`);
  return row as StoredCounts;
}
