import { notFound, type WarmstartError } from '../common/errors.ts';
import type { Database, RetrainSchedule, TransactionalDatabase } from '../store/database.ts';
import { databaseTime } from '../store/database-time.ts';
import { checkSchedule, nextTime } from './cron-times.ts';
import { type RequestedTraining, requestedTraining } from './requested-training.ts';
import { addRetrainSchedule, deleteScheduleRow, lockRetrainSchedule, setNextRun } from './retrain-schedules.ts';

export interface ScheduleRetrainInput {
  readonly cron: string;
  /** Default: UTC. */
  readonly timezone?: string | undefined;
  readonly training: RequestedTraining;
}

/**
 * Creates a schedule, which trains at each time of a cron expression. Throws BAD_USER_INPUT as `checkSchedule` and
 * `requestedTraining` do.
 */
export async function scheduleRetrain(
  database: Database,
  { cron, timezone = 'UTC', training }: ScheduleRetrainInput,
): Promise<RetrainSchedule> {
  checkSchedule(cron, timezone);
  const content = requestedTraining(training);
  const nextRunAt = nextTime(cron, timezone, await databaseTime(database));
  return addRetrainSchedule(database, { ...content, cron, timezone, nextRunAt });
}

/** Pauses a schedule. Throws RETRAIN_SCHEDULE_NOT_FOUND if it does not exist. */
export async function pauseRetrainSchedule(database: TransactionalDatabase, id: number): Promise<RetrainSchedule> {
  return database.$transaction(async (transaction) => {
    if (!(await lockRetrainSchedule(transaction, id))) throw scheduleNotFound();
    return setNextRun(transaction, id, { paused: true, nextRunAt: null });
  });
}

/** Resumes a paused schedule from its next time after now. Throws RETRAIN_SCHEDULE_NOT_FOUND if it does not exist. */
export async function resumeRetrainSchedule(database: TransactionalDatabase, id: number): Promise<RetrainSchedule> {
  return database.$transaction(async (transaction) => {
    const schedule = await lockRetrainSchedule(transaction, id);
    if (!schedule) throw scheduleNotFound();
    // A new next time would drop one that is due and not handled yet.
    if (!schedule.paused) return schedule;
    const nextRunAt = nextTime(schedule.cron, schedule.timezone, await databaseTime(transaction));
    return setNextRun(transaction, id, { paused: false, nextRunAt });
  });
}

/** Deletes a schedule; its runs stay. Throws RETRAIN_SCHEDULE_NOT_FOUND if it does not exist. */
export async function deleteRetrainSchedule(database: Database, id: number): Promise<void> {
  if (!(await deleteScheduleRow(database, id))) throw scheduleNotFound();
}

export function scheduleNotFound(): WarmstartError {
  return notFound('retrain schedule', undefined, ['retrainSchedule']);
}
