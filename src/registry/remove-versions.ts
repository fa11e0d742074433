import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { lockActiveVersion, versionBefore } from './promotion.ts';
import { decisiveVersions } from './promotion-history.ts';

/** Versions deleted in one transaction. Each has megabytes, and decisions on the task kind wait for the transaction. */
const versionsAtOnce = 10;
/** In milliseconds; leaves time for a decision to finish. */
const removing = { maxWait: 30_000, timeout: 60_000 };
/** Hours for which clients can still page through lists of a version that is no longer active. */
const hoursOfPaging = 24;

/**
 * Deletes a task kind's inactive versions except the latest `kept`, and the feature schemas that no version uses.
 * Returns the IDs of the deleted versions. Always keeps the active version, the one that a rollback would make active,
 * those that were active within the last day, because cursors refer to them, and those that the promotion rule compares
 * with.
 */
export async function removeOldVersions(
  database: TransactionalDatabase,
  taskKind: TaskKind,
  kept: number,
): Promise<number[]> {
  const removed: number[] = [];
  for (;;) {
    const ids = await database.$transaction((transaction) => removeSome(transaction, taskKind, kept), removing);
    removed.push(...ids);
    if (ids.length < versionsAtOnce) break;
  }
  if (removed.length > 0) await removeUnusedSchemas(database);
  return removed;
}

async function removeSome(transaction: Database, taskKind: TaskKind, kept: number): Promise<number[]> {
  const activeId = await lockActiveVersion(transaction, taskKind);
  const needed = [
    activeId,
    await versionBefore(transaction, taskKind, activeId),
    ...(await decisiveVersions(transaction, taskKind)),
  ].filter((id) => id != null);
  const rows = await transaction.$queryRaw<{ id: number }[]>(sql`
    WITH latest AS (
      SELECT id FROM model_versions WHERE task_kind = ${taskKind}::task_kind AND id IS DISTINCT FROM ${activeId}::int
      ORDER BY id DESC LIMIT ${kept}::int
    )
    DELETE FROM model_versions WHERE id IN (
      SELECT id FROM model_versions WHERE task_kind = ${taskKind}::task_kind AND id NOT IN (SELECT id FROM latest)
        AND id <> ALL(${needed}::int[]) AND NOT EXISTS (
          SELECT FROM promotion_decisions WHERE (promoted OR rollback) AND previous_version_id = model_versions.id
            AND decided_at > now() - make_interval(hours => ${hoursOfPaging}::int)
        )
      ORDER BY id LIMIT ${versionsAtOnce}::int
    ) RETURNING id`);
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

/** Skips a schema that is locked: a training run is about to publish a version with it. */
async function removeUnusedSchemas(database: Database): Promise<void> {
  await database.$executeRaw(sql`
    DELETE FROM feature_schemas WHERE hash IN (
      SELECT hash FROM feature_schemas
      WHERE NOT EXISTS (SELECT FROM model_versions WHERE feature_schema_hash = hash) FOR UPDATE SKIP LOCKED
    )`);
}
