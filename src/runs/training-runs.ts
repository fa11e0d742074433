import type { Database, InputJsonValue, TrainingRun } from '../store/database.ts';
import { sql } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { addLogLine } from './training-events.ts';
import { addTrainingJob, type RunAttempt } from './training-queue.ts';

/** What a run trains. */
export interface TrainingRunContent {
  readonly taskKind: TaskKind;
  /** The complete recipe. */
  readonly config: unknown;
  readonly seed: number;
  readonly maxUsers: number | null;
}

/** Returns an ID for a new run, so that its lock can be taken before the run exists. */
export async function nextRunId(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<{ id: number }[]>(
    sql`SELECT nextval(pg_get_serial_sequence('training_runs', 'id'))::int AS id`,
  );
  return (row as { id: number }).id;
}

/** Adds a run that the calling process trains itself. The caller holds the run's lock. */
export async function beginTrainingRun(
  database: Database,
  id: number,
  { config, ...content }: TrainingRunContent & { readonly engine: string },
): Promise<TrainingRun> {
  return database.trainingRun.create({
    data: {
      id,
      ...content,
      config: config as InputJsonValue,
      trigger: 'COMMAND_LINE',
      status: 'RUNNING',
      attempt: 1,
      startedAt: new Date(),
      progress: atStart,
    },
  });
}

const atStart = { phase: 'LOADING', fraction: 0 };

/**
 * Starts the next attempt of a queued run. The caller holds the run's lock. Returns `null` if the run is no longer
 * queued for this attempt.
 */
export async function takeUpTrainingRun(
  database: Database,
  queued: RunAttempt,
  engine: string,
): Promise<TrainingRun | null> {
  const { id, attempt } = queued;
  // Truncated, so that the time is never later than the real one: everything stored before it is read.
  const [taken] = await database.$queryRaw<RunAttempt[]>(sql`
    UPDATE training_runs SET status = 'RUNNING', attempt = attempt + 1, engine = ${engine},
      started_at = date_trunc('milliseconds', clock_timestamp()), progress = ${JSON.stringify(atStart)}::jsonb, error = NULL
    WHERE id = ${id} AND attempt = ${attempt} AND status = 'QUEUED' RETURNING id, attempt`);
  return taken ? database.trainingRun.findUnique({ where: { ...taken } }) : null;
}

/** Thrown when the caller no longer owns a run: another process took it over, or it was cancelled. */
export class RunNotOwnedError extends Error {
  constructor({ id, attempt }: RunAttempt, options?: ErrorOptions) {
    super(
      `attempt ${attempt} of training run ${id} is over: the run was cancelled, or this process lost its database connection`,
      options,
    );
    this.name = 'RunNotOwnedError';
  }
}

/**
 * Marks a run as succeeded, in the transaction that publishes its version. Throws a RunNotOwnedError, so that nothing
 * is published, if the attempt is over or its cancellation was requested.
 */
export async function finishTrainingRun(
  database: Database,
  run: RunAttempt,
  modelVersionId: number,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { id, attempt } = run;
  const { count } = await database.trainingRun.updateMany({
    where: { id, attempt, status: 'RUNNING', cancelRequestedAt: null },
    data: { status: 'SUCCEEDED', finishedAt: new Date(), modelVersionId, metrics },
  });
  if (count === 0) throw new RunNotOwnedError(run);
  await addLogLine(database, id, `published as model version ${modelVersionId}`);
}

/**
 * Ends a run without a version: CANCELLED if its cancellation was requested, FAILED otherwise. Returns `false` if the
 * attempt was already over.
 */
export async function endTrainingRun(database: Database, { id, attempt }: RunAttempt, error: string): Promise<boolean> {
  // One statement, so that a run that has ended also has its last log line.
  const ended = await database.$queryRaw<unknown[]>(sql`
    WITH ended AS (
      UPDATE training_runs SET finished_at = now(),
        status = CASE WHEN cancel_requested_at IS NULL THEN 'FAILED' ELSE 'CANCELLED' END::run_status,
        error = CASE WHEN cancel_requested_at IS NULL THEN ${error} END
      WHERE id = ${id} AND attempt = ${attempt} AND status = 'RUNNING' RETURNING status
    )
    INSERT INTO training_events (run_id, kind, content)
    SELECT ${id}::int, 'LOG', json_build_object('message',
      CASE WHEN status = 'FAILED' THEN ${`failed: ${error}`} ELSE 'cancelled' END) FROM ended
    RETURNING run_id`);
  return ended.length > 0;
}

export interface Requeueing {
  readonly why: string;
  /** Whether its worker was stopped properly, which does not count as a loss. */
  readonly stopped?: boolean;
}

/**
 * Queues a running run again, in the caller's transaction, and deletes the attempt's progress, losses and epochs. A run
 * with a requested cancellation ends instead.
 */
export async function requeueTrainingRun(
  database: Database,
  run: RunAttempt,
  { why, stopped = false }: Requeueing,
): Promise<void> {
  const { id, attempt } = run;
  const { count } = await database.trainingRun.updateMany({
    where: { id, attempt, status: 'RUNNING', cancelRequestedAt: null },
    data: { status: 'QUEUED', progress: {} },
  });
  if (count === 0) {
    await endTrainingRun(database, run, why);
    return;
  }
  await database.trainingEvent.deleteMany({ where: { runId: id, kind: { in: ['LOSS', 'EPOCH'] } } });
  await addTrainingJob(database, run);
  await addLogLine(database, id, `${why}; queued again`, stopped ? { stopped } : {});
}

/** Returns how many attempts of a run ended because their worker was stopped. */
export async function stoppedAttempts(database: Database, runId: number): Promise<number> {
  const lines = { runId, kind: 'LOG', content: { path: ['stopped'], equals: true } } as const;
  return database.trainingEvent.count({ where: lines });
}

export type CancelOutcome = 'cancelled' | 'requested' | 'finished' | 'notFound';

/**
 * Ends a queued run at once, and requests the cancellation of a running one, in the caller's transaction. From then on
 * the run cannot publish a version.
 */
export async function cancelTrainingRun(
  database: Database,
  id: number,
): Promise<{ outcome: CancelOutcome; attempt: number }> {
  const [row] = await database.$queryRaw<{ before: string; attempt: number }[]>(sql`
    WITH run AS (SELECT id, status FROM training_runs WHERE id = ${id} FOR UPDATE)
    UPDATE training_runs SET
      status = CASE WHEN run.status = 'QUEUED' THEN 'CANCELLED' ELSE run.status END,
      finished_at = CASE WHEN run.status = 'QUEUED' THEN now() ELSE finished_at END,
      cancel_requested_at = CASE WHEN run.status IN ('QUEUED', 'RUNNING') THEN coalesce(cancel_requested_at, now())
        ELSE cancel_requested_at END
    FROM run WHERE training_runs.id = run.id RETURNING run.status::text AS before, attempt`);
  if (!row) return { outcome: 'notFound', attempt: 0 };
  const { before, attempt } = row;
  const outcome = before === 'QUEUED' ? 'cancelled' : before === 'RUNNING' ? 'requested' : 'finished';
  if (outcome !== 'finished')
    await addLogLine(database, id, outcome === 'cancelled' ? 'cancelled' : 'cancellation requested');
  return { outcome, attempt };
}

/** Returns runs in the order of the IDs, with `null` for an unknown ID. */
export async function trainingRunsById(database: Database, ids: readonly number[]): Promise<(TrainingRun | null)[]> {
  return inOrder(ids, await database.trainingRun.findMany({ where: { id: { in: [...ids] } } }));
}

export interface RunFilter {
  readonly status?: TrainingRun['status'] | null | undefined;
  readonly taskKind?: TaskKind | null | undefined;
}

/** Returns at most `limit` runs whose IDs are smaller than `before`, the latest first. */
export async function trainingRunsPage(
  database: Database,
  { status, taskKind }: RunFilter,
  limit: number,
  before: number | undefined,
): Promise<TrainingRun[]> {
  return database.trainingRun.findMany({
    where: {
      ...(before !== undefined && { id: { lt: before } }),
      ...(status && { status }),
      ...(taskKind && { taskKind }),
    },
    orderBy: { id: 'desc' },
    take: limit,
  });
}

/** Returns the runs that made these versions, in the order of the IDs, with `null` if there is none. */
export async function runsOfVersions(
  database: Database,
  versionIds: readonly number[],
): Promise<(TrainingRun | null)[]> {
  const runs = await database.trainingRun.findMany({ where: { modelVersionId: { in: [...versionIds] } } });
  const byVersion = new Map(runs.map((run) => [run.modelVersionId, run]));
  return versionIds.map((id) => byVersion.get(id) ?? null);
}
