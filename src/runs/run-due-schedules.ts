import type { Logger } from 'pino';
import type { Database, RetrainSchedule, TransactionalDatabase } from '../store/database.ts';
import { nextTime } from './cron-times.ts';
import { queueTrainingRun } from './queue-training-run.ts';
import { claimDueSchedule, isAnyScheduleDue, setLastRun, setNextRun } from './retrain-schedules.ts';
import { addLogLine } from './training-events.ts';

/**
 * Queues a run for each due schedule, or joins an equal run that did not begin before the schedule was due. A schedule
 * that missed several times gets one run. A schedule whose last run is still queued or running gets none. Any number of
 * workers can do this at once.
 */
export async function runDueSchedules(database: TransactionalDatabase, logger: Logger): Promise<void> {
  if (!(await isAnyScheduleDue(database))) return;
  while (await database.$transaction((transaction) => runOne(transaction, logger)));
}

/** Queues the run and sets the schedule's next time in one transaction. */
async function runOne(database: Database, logger: Logger): Promise<boolean> {
  const due = await claimDueSchedule(database);
  if (!due) return false;
  const { schedule, now, unfinishedRunId } = due;
  const log = logger.child({ retrainSchedule: schedule.id });
  if (unfinishedRunId === null) {
    const { id, joined } = await queueTrainingRun(database, contentOf(schedule), {
      trigger: 'SCHEDULE',
      // The due time, so that equal schedules of one time share a run, however late a worker gets to them.
      requestedAt: schedule.nextRunAt as Date,
      scheduleId: schedule.id,
    });
    await setLastRun(database, schedule.id, id);
    const event = joined ? 'a scheduled training shares an equal run' : 'queued a scheduled training';
    log.info({ trainingRun: id }, event);
  } else {
    log.warn({ trainingRun: unfinishedRunId }, 'skipped a scheduled training: the last run has not ended');
    const message = 'its schedule was due again before this run ended; the schedule skipped that time';
    await addLogLine(database, unfinishedRunId, message);
  }
  await setNextRun(database, schedule.id, { nextRunAt: timeAfter(schedule, now, log) });
  return true;
}

function contentOf({ taskKind, config, seed, maxUsers }: RetrainSchedule) {
  return { taskKind, config, seed, maxUsers };
}

/**
 * Returns the schedule's next time. Returns `null` if this version of the platform or of Node cannot parse the
 * expression or the time zone: then this schedule stops, and the others continue.
 */
function timeAfter({ cron, timezone }: RetrainSchedule, now: Date, log: Logger): Date | null {
  try {
    return nextTime(cron, timezone, now);
  } catch (error) {
    log.error({ err: error, cron, timezone }, 'this schedule has no next time; delete it and create it again');
    return null;
  }
}
