import { type Database, RunStatus, sql } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';

/** What of trainings and models an operator watches. */
export interface PlatformState {
  readonly queuedTrainings: number;
  readonly runningTrainings: number;
  /** How long ago the oldest training that is queued was asked for; 0 for none. */
  readonly oldestQueuedSeconds: number;
  /** How many ended in each way. */
  readonly endedTrainings: Readonly<Record<EndStatus, number>>;
  /** Schedules that should have started a training more than a minute ago. */
  readonly overdueSchedules: number;
  /** The version that serves each kind of task; `null` for none. */
  readonly activeVersions: Readonly<Record<TaskKind, number | null>>;
}

export type EndStatus = Exclude<RunStatus, 'QUEUED' | 'RUNNING'>;

export async function platformState(database: Database): Promise<PlatformState> {
  const [counted, [schedules], active] = await Promise.all([
    database.$queryRaw<{ status: RunStatus; runs: number; oldest: number }[]>(sql`
      SELECT status, count(*)::int AS runs, extract(epoch FROM now() - min(created_at))::float8 AS oldest
      FROM training_runs GROUP BY status`),
    database.$queryRaw<{ overdue: number }[]>(sql`
      SELECT count(*)::int AS overdue FROM retrain_schedules
      WHERE NOT paused AND next_run_at < now() - interval '1 minute'`),
    database.activeModel.findMany(),
  ]);
  const of = (wanted: RunStatus) => counted.find(({ status }) => status === wanted);
  const runs = (status: RunStatus) => of(status)?.runs ?? 0;
  const versionOf = (kind: TaskKind) => active.find(({ taskKind }) => taskKind === kind)?.modelVersionId ?? null;
  return {
    queuedTrainings: runs(RunStatus.QUEUED),
    runningTrainings: runs(RunStatus.RUNNING),
    // The clock of the database may be set back between the two times.
    oldestQueuedSeconds: Math.max(0, of(RunStatus.QUEUED)?.oldest ?? 0),
    endedTrainings: {
      SUCCEEDED: runs(RunStatus.SUCCEEDED),
      FAILED: runs(RunStatus.FAILED),
      CANCELLED: runs(RunStatus.CANCELLED),
    },
    overdueSchedules: schedules?.overdue ?? 0,
    activeVersions: { USER: versionOf('USER'), SCENARIO: versionOf('SCENARIO') },
  };
}
