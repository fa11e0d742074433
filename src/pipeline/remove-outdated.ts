import type { Logger } from 'pino';
import { removeOldVersions } from '../registry/remove-versions.ts';
import { type Repetition, repeat } from '../runs/repeat.ts';
import { removeOldEvents } from '../runs/training-events.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { taskKinds } from '../tasks/training-data.ts';

/** How much is kept. 0 keeps everything. */
export interface Retention {
  /** The number of inactive model versions to keep for each kind of task, the latest ones. */
  readonly versions: number;
  /** The number of days to keep the events of a run after its end. */
  readonly logDays: number;
}

/** In milliseconds. */
const removalInterval = 600_000;

/** Removes outdated versions and events every 10 minutes. Any number of processes can do this at the same time. */
export function startRemoving(database: TransactionalDatabase, retention: Retention, logger: Logger): Repetition {
  const title = 'removing what is outdated';
  return repeat(removalInterval, () => removeOutdated(database, retention, logger), { logger, title });
}

export async function removeOutdated(
  database: TransactionalDatabase,
  { versions, logDays }: Retention,
  logger: Logger,
): Promise<void> {
  for (const taskKind of versions > 0 ? taskKinds : []) {
    const removed = await removeOldVersions(database, taskKind, versions);
    if (removed.length > 0) logger.info({ taskKind, modelVersions: removed }, 'removed old model versions');
  }
  if (logDays === 0) return;
  const events = await removeOldEvents(database, logDays);
  if (events > 0) logger.info({ events }, 'removed events of old training runs');
}
