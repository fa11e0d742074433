import { notFound, type WarmstartError } from '../common/errors.ts';
import type { Database, RetrainSchedule, TransactionalDatabase } from '../store/database.ts';
import { databaseTime } from '../store/database-time.ts';
import { checkSchedule, nextTime } from './cron-times.ts';
import { type RequestedTraining, requestedTraining } from './requested-training.ts';
import {
  addRetrainSchedule,
  deleteRetrainSchedule,
  lockRetrainSchedule,
  setNextRun,
} from './retrain-schedules.ts';

export interface ScheduleRetrainInput {
  readonly cron: string;
  /** UTC unless told. */
  readonly timezone?: string | undefined;
  readonly training: RequestedTraining;
}

/** Trains at each time of a cron expression. Throws BAD_USER_INPUT, as `checkSchedule` and `requestedTraining` do. */
export async function scheduleRetrain(
  database: Database,
  { cron, timezone = 'UTC', training }: ScheduleRetrainInput,
): Promise<RetrainSchedule> {
  checkSchedule(cron, timezone);
  const content = requestedTraining(training);
  const nextRunAt = nextTime(cron, timezone, await databaseTime(database));
  return addRetrainSchedule(database, { ...content, cron, timezone, nextRunAt });
}

/** Lets a schedule rest. Throws RETRAIN_SCHEDULE_NOT_FOUND. */
export async function pauseRetrainSchedule(
  database: TransactionalDatabase,
  id: number,
): Promise<RetrainSchedule> {
  return database.$transaction(async (transaction) => {
    if (!(await lockRetrainSchedule(transaction, id))) throw scheduleNotFound();
    return setNextRun(transaction, id, { paused: true, nextRunAt: null });
  });
}

/** Lets a paused schedule go on from its next time after now. Throws RETRAIN_SCHEDULE_NOT_FOUND. */
export async function resumeRetrainSchedule(
  database: TransactionalDatabase,
  id: number,
): Promise<RetrainSchedule> {
  return database.$transaction(async (transaction) => {
    const schedule = await lockRetrainSchedule(transaction, id);
    if (!schedule) throw scheduleNotFound();
    // A time that has come and is not seen to yet would be lost.
    if (!schedule.paused) return schedule;
    const nextRunAt = nextTime(schedule.cron, schedule.timezone, await databaseTime(transaction));
    return setNextRun(transaction, id, { paused: false, nextRunAt });
  });
}

/** Forgets a schedule; its runs stay. Throws RETRAIN_SCHEDULE_NOT_FOUND. */
export async function forgetRetrainSchedule(database: Database, id: number): Promise<void> {
  if (!(await deleteRetrainSchedule(database, id))) throw scheduleNotFound();
}

export function scheduleNotFound(): WarmstartError {
  return notFound('retrain schedule', undefined, ['retrainSchedule']);
}
