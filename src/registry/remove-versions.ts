import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { lockActiveVersion, versionBefore } from './promotion.ts';
import { decisiveVersions } from './promotion-history.ts';

/** Versions removed in one transaction, for which decisions on the task kind wait; each is megabytes. */
const versionsAtOnce = 10;
/** Milliseconds; a decision may be under way. */
const removing = { maxWait: 30_000, timeout: 60_000 };
/** Hours in which lists of a version that no longer serves may still be paged through. */
const hoursOfPaging = 24;

/**
 * Removes the versions of a task kind but the latest `kept` that do not serve, with the feature schemas that no other has, and returns
 * their ids. Always kept are the one that serves and the one that a rollback would go to; those that served within the last day, which cursors
 * name; and those by which the rule decides.
 */
export async function removeOldVersions(
  database: TransactionalDatabase,
  taskKind: TaskKind,
  kept: number,
): Promise<number[]> {
  const removed: number[] = [];
  for (;;) {
    const ids = await database.$transaction(
      (transaction) => removeSome(transaction, taskKind, kept),
      removing,
    );
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
          SELECT FROM promotion_decisions WHERE promoted AND previous_version_id = model_versions.id
            AND decided_at > now() - make_interval(hours => ${hoursOfPaging}::int)
        )
      ORDER BY id LIMIT ${versionsAtOnce}::int
    ) RETURNING id`);
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

/** One that a training is about to publish with is locked, and is left to it. */
async function removeUnusedSchemas(database: Database): Promise<void> {
  await database.$executeRaw(sql`
    DELETE FROM feature_schemas WHERE hash IN (
      SELECT hash FROM feature_schemas
      WHERE NOT EXISTS (SELECT FROM model_versions WHERE feature_schema_hash = hash) FOR UPDATE SKIP LOCKED
    )`);
}
