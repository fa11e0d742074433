import { type Database, RunStatus, sql } from '../store/database.ts';
import type { PlatformState } from '../telemetry/platform-metrics.ts';

/** Reads the state of training runs, schedules and model versions that `/readyz` and `/metrics` show. */
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
  const versionOf = (kind: keyof PlatformState['activeVersions']) =>
    active.find(({ taskKind }) => taskKind === kind)?.modelVersionId ?? null;
  return {
    queuedTrainings: runs(RunStatus.QUEUED),
    runningTrainings: runs(RunStatus.RUNNING),
    // Negative if the clock of the database was set back after the run was created.
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
