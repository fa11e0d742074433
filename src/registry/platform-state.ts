import { type Database, sql, TaskKind } from '../store/database.ts';

/** What of trainings and models an operator watches. */
export interface PlatformState {
  readonly queuedTrainings: number;
  readonly runningTrainings: number;
  /** The version that serves each kind of task; `null` for none. */
  readonly activeVersions: Readonly<Record<TaskKind, number | null>>;
}

export async function platformState(database: Database): Promise<PlatformState> {
  const [[counted], active] = await Promise.all([
    database.$queryRaw<{ queued: number; running: number }[]>(sql`
      SELECT count(*) FILTER (WHERE status = 'QUEUED')::int AS queued,
        count(*) FILTER (WHERE status = 'RUNNING')::int AS running
      FROM training_runs WHERE status IN ('QUEUED', 'RUNNING')`),
    database.activeModel.findMany(),
  ]);
  const versionOf = (kind: TaskKind) =>
    active.find(({ taskKind }) => taskKind === kind)?.modelVersionId ?? null;
  return {
    queuedTrainings: counted?.queued ?? 0,
    runningTrainings: counted?.running ?? 0,
    activeVersions: { USER: versionOf(TaskKind.USER), SCENARIO: versionOf(TaskKind.SCENARIO) },
  };
}
