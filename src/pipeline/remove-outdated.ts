import type { Logger } from 'pino';
import { removeOldVersions } from '../registry/remove-versions.ts';
import { type Repetition, repeat } from '../runs/repeat.ts';
import { removeOldEvents } from '../runs/training-events.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { taskKinds } from '../tasks/training-data.ts';

/** What is kept; of either 0 keeps all. */
export interface Retention {
  /** Model versions of each kind of task that do not serve, the latest ones. */
  readonly versions: number;
  /** Days for which what a training told is kept after its end. */
  readonly logDays: number;
}

/** Milliseconds. */
const removalInterval = 600_000;

/** Removes every 10 minutes what is not to be kept any longer. Any number of processes may do so. */
export function startRemoving(
  database: TransactionalDatabase,
  retention: Retention,
  logger: Logger,
): Repetition {
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
  if (events > 0) logger.info({ events }, 'removed what old trainings told');
}
