import { type Database, type InputJsonValue, type RetrainSchedule, sql, type TrainingRun } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import type { TrainingRunContent } from './training-runs.ts';

export interface NewRetrainSchedule extends TrainingRunContent {
  readonly cron: string;
  readonly timezone: string;
  readonly nextRunAt: Date | null;
}

export async function addRetrainSchedule(
  database: Database,
  { config, ...schedule }: NewRetrainSchedule,
): Promise<RetrainSchedule> {
  return database.retrainSchedule.create({ data: { ...schedule, config: config as InputJsonValue } });
}

/** Locks a schedule until the caller's transaction ends, and returns it. */
export async function lockRetrainSchedule(database: Database, id: number): Promise<RetrainSchedule | null> {
  await database.$queryRaw(sql`SELECT id FROM retrain_schedules WHERE id = ${id} FOR UPDATE`);
  return database.retrainSchedule.findUnique({ where: { id } });
}

export async function setNextRun(
  database: Database,
  id: number,
  { paused, nextRunAt }: { readonly paused?: boolean; readonly nextRunAt: Date | null },
): Promise<RetrainSchedule> {
  return database.retrainSchedule.update({
    where: { id },
    data: { nextRunAt, ...(paused !== undefined && { paused }) },
  });
}

/** Records the run that the schedule started or joined last. */
export async function setLastRun(database: Database, id: number, lastRunId: number): Promise<void> {
  await database.retrainSchedule.update({ where: { id }, data: { lastRunId } });
}

/** Returns whether the schedule existed. */
export async function deleteScheduleRow(database: Database, id: number): Promise<boolean> {
  const { count } = await database.retrainSchedule.deleteMany({ where: { id } });
  return count > 0;
}

export interface DueSchedule {
  readonly schedule: RetrainSchedule;
  /** The time of the database's clock, which all workers share. */
  readonly now: Date;
  /** Its last run, if that is still queued or running. */
  readonly unfinishedRunId: number | null;
}

/** Returns a due schedule that no other transaction has locked, and locks it until the caller's transaction ends. */
export async function claimDueSchedule(database: Database): Promise<DueSchedule | null> {
  const [due] = await database.$queryRaw<{ id: number; now: Date; unfinishedRunId: number | null }[]>(sql`
    SELECT id, now() AS now, (
      SELECT training_runs.id FROM training_runs WHERE id = last_run_id AND status IN ('QUEUED', 'RUNNING')
    ) AS "unfinishedRunId"
    FROM retrain_schedules WHERE NOT paused AND next_run_at <= now()
    ORDER BY next_run_at LIMIT 1 FOR UPDATE SKIP LOCKED`);
  if (!due) return null;
  const schedule = await database.retrainSchedule.findUnique({ where: { id: due.id } });
  return schedule && { ...due, schedule };
}

/** Returns whether any schedule is due. Cheap enough to call every second. */
export async function isAnyScheduleDue(database: Database): Promise<boolean> {
  const [row] = await database.$queryRaw<{ due: boolean }[]>(
    sql`SELECT EXISTS (SELECT FROM retrain_schedules WHERE NOT paused AND next_run_at <= now()) AS due`,
  );
  return row?.due === true;
}

/** Returns schedules in the order of the IDs, with `null` for an unknown ID. */
export async function retrainSchedulesById(
  database: Database,
  ids: readonly number[],
): Promise<(RetrainSchedule | null)[]> {
  return inOrder(ids, await database.retrainSchedule.findMany({ where: { id: { in: [...ids] } } }));
}

/** Returns at most `limit` schedules whose IDs are smaller than `before`, the latest first. */
export async function retrainSchedulesPage(
  database: Database,
  limit: number,
  before: number | undefined,
): Promise<RetrainSchedule[]> {
  return database.retrainSchedule.findMany({
    ...(before !== undefined && { where: { id: { lt: before } } }),
    orderBy: { id: 'desc' },
    take: limit,
  });
}

/** Returns the run that each schedule started or joined last, in the order of the IDs, with `null` if there is none. */
export async function lastRunsOfSchedules(database: Database, ids: readonly number[]): Promise<(TrainingRun | null)[]> {
  const schedules = await database.retrainSchedule.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, lastRun: true },
  });
  return inOrder(ids, schedules).map((schedule) => schedule?.lastRun ?? null);
}
