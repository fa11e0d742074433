import type { Logger } from 'pino';
import type { Database, RetrainSchedule, TransactionalDatabase } from '../store/database.ts';
import { nextTime } from './cron-times.ts';
import { queueTrainingRun } from './queue-training-run.ts';
import { claimDueSchedule, isAnyScheduleDue, setLastRun, setNextRun } from './retrain-schedules.ts';
import { addLogLine } from './training-events.ts';

/**
 * Queues a training for each schedule whose time has come, or joins an equal one that began no earlier: once, however many times were
 * missed, and not while its last one is still queued or running. Any number of workers may do so at once.
 */
export async function runDueSchedules(database: TransactionalDatabase, logger: Logger): Promise<void> {
  if (!(await isAnyScheduleDue(database))) return;
  while (await database.$transaction((transaction) => runOne(transaction, logger)));
}

/** The run and the schedule's next time are one transaction's: neither is without the other. */
async function runOne(database: Database, logger: Logger): Promise<boolean> {
  const due = await claimDueSchedule(database);
  if (!due) return false;
  const { schedule, now, unfinishedRunId } = due;
  const log = logger.child({ retrainSchedule: schedule.id });
  if (unfinishedRunId === null) {
    const { id, joined } = await queueTrainingRun(database, contentOf(schedule), {
      trigger: 'SCHEDULE',
      // When it was due, so that all schedules of one time share a run, whenever a worker gets to them.
      askedAt: schedule.nextRunAt as Date,
      scheduleId: schedule.id,
    });
    await setLastRun(database, schedule.id, id);
    const what = joined
      ? 'a scheduled training shares the run of an equal one'
      : 'queued a scheduled training';
    log.info({ trainingRun: id }, what);
  } else {
    log.warn({ trainingRun: unfinishedRunId }, 'skipped a scheduled training: the last one has not ended');
    const message = 'the next time of its schedule came before this training ended, and was skipped';
    await addLogLine(database, unfinishedRunId, message);
  }
  await setNextRun(database, schedule.id, { nextRunAt: following(schedule, now, log) });
  return true;
}

function contentOf({ taskKind, config, seed, maxUsers }: RetrainSchedule) {
  return { taskKind, config, seed, maxUsers };
}

/** `null` where another version of the platform cannot read the expression or zone any more: such a schedule rests, the others go on. */
function following({ cron, timezone }: RetrainSchedule, now: Date, log: Logger): Date | null {
  try {
    return nextTime(cron, timezone, now);
  } catch (error) {
    log.error({ err: error, cron, timezone }, 'a schedule has no next time; make it anew');
    return null;
  }
}
