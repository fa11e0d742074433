import {
  type Database,
  type InputJsonValue,
  type RetrainSchedule,
  sql,
  type TrainingRun,
} from '../store/database.ts';
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

/** A schedule, locked until the caller's transaction ends. */
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

/** Records the run that the schedule's time started, or joined. */
export async function setLastRun(database: Database, id: number, lastRunId: number): Promise<void> {
  await database.retrainSchedule.update({ where: { id }, data: { lastRunId } });
}

/** Whether there was such a schedule. */
export async function deleteRetrainSchedule(database: Database, id: number): Promise<boolean> {
  const { count } = await database.retrainSchedule.deleteMany({ where: { id } });
  return count > 0;
}

export interface DueSchedule {
  readonly schedule: RetrainSchedule;
  /** By the database's clock, which all workers share. */
  readonly now: Date;
  /** Its last run, where that is still queued or running. */
  readonly unfinishedRunId: number | null;
}

/** A schedule whose time has come, which no other transaction is at; locked until the caller's ends. */
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

/** Whether any schedule's time has come: cheap enough to ask every second. */
export async function isAnyScheduleDue(database: Database): Promise<boolean> {
  const [row] = await database.$queryRaw<{ due: boolean }[]>(
    sql`SELECT EXISTS (SELECT FROM retrain_schedules WHERE NOT paused AND next_run_at <= now()) AS due`,
  );
  return row?.due === true;
}

/** Schedules by id, in the order asked for; `null` where there is none. */
export async function retrainSchedulesById(
  database: Database,
  ids: readonly number[],
): Promise<(RetrainSchedule | null)[]> {
  return inOrder(ids, await database.retrainSchedule.findMany({ where: { id: { in: [...ids] } } }));
}

/** At most `limit` schedules with smaller ids than `before`, the latest first. */
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

/** The run that each schedule started last, or joined, in the order asked for; `null` where there is none. */
export async function lastRunsOfSchedules(
  database: Database,
  ids: readonly number[],
): Promise<(TrainingRun | null)[]> {
  const schedules = await database.retrainSchedule.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, lastRun: true },
  });
  return inOrder(ids, schedules).map((schedule) => schedule?.lastRun ?? null);
}
