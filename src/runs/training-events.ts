import type { PoolClient } from 'pg';
import { answerWithin } from '../store/answer-within.ts';
import { type Database, sql } from '../store/database.ts';
import type { RunAttempt } from './training-queue.ts';

/** An event of a training run. */
export type TrainingEventContent =
  | { readonly kind: 'LOSS'; readonly content: LossPoint }
  | { readonly kind: 'EPOCH'; readonly content: EpochResult }
  | { readonly kind: 'LOG'; readonly content: { readonly message: string } };

/** `at` is ISO 8601. */
export type NewTrainingEvent = TrainingEventContent & { readonly at: string };

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

export interface EpochResult {
  readonly epoch: number;
  readonly trainingLoss: number;
  readonly validationLoss: number | null;
}

/** How far a run has got. */
export interface RunProgress {
  readonly phase: string;
  /** Share of the whole run, 0 to 1. */
  readonly fraction: number;
}

/** Whether the attempt still owns its run, must end because of a cancellation, or is over. */
export type Ownership = 'owned' | 'cancelRequested' | 'over';

const limits = { lossPoints: 500, logLines: 200 };
/** Milliseconds after which a connection that does not answer counts as lost, which ends the attempt. */
const maxSilence = 10_000;

/**
 * Stores an attempt's progress and new events in one statement, over the connection that holds the run's lock. Stores
 * nothing if the attempt is over.
 */
export async function storeProgress(
  client: PoolClient,
  { id, attempt }: RunAttempt,
  progress: RunProgress,
  events: readonly NewTrainingEvent[],
): Promise<Ownership> {
  const { text, values } = sql`
    WITH owned AS (
      UPDATE training_runs SET progress = ${JSON.stringify(progress)}::jsonb
      WHERE id = ${id}::int AND attempt = ${attempt}::int AND status = 'RUNNING' RETURNING id, cancel_requested_at
    ), stored AS (
      INSERT INTO training_events (run_id, kind, at, content)
      SELECT owned.id, (event ->> 'kind')::training_event_kind, (event ->> 'at')::timestamptz, event -> 'content'
      FROM owned, jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS new_events (event, place)
      ORDER BY place
    )
    SELECT cancel_requested_at IS NOT NULL AS cancelled FROM owned`;
  const answer = client.query<{ cancelled: boolean }>({ text, values: [...values] });
  const { rows } = await answerWithin(maxSilence, answer);
  const [row] = rows;
  if (!row) return 'over';
  return row.cancelled ? 'cancelRequested' : 'owned';
}

/** Adds a line to a run's log, whoever owns the run. `marks` are flags that queries can count. */
export async function addLogLine(
  database: Database,
  runId: number,
  message: string,
  marks: Readonly<Record<string, boolean>> = {},
): Promise<void> {
  await database.trainingEvent.create({ data: { runId, kind: 'LOG', content: { message, ...marks } } });
}

/**
 * Returns the losses of each run by step: at most 500 points a run, at equal distances. The distance is a power of 2,
 * like that of the stored points, see `TrainingJournal`.
 */
export async function lossCurves(database: Database, runIds: readonly number[]): Promise<LossPoint[][]> {
  const rows = await database.$queryRaw<{ runId: number; steps: number[]; losses: number[] }[]>(sql`
    SELECT run_id AS "runId", array_agg(step ORDER BY step) AS steps, array_agg(loss ORDER BY step) AS losses FROM (
      SELECT run_id, (content ->> 'step')::int AS step, (content ->> 'loss')::float8 AS loss,
        max((content ->> 'step')::int) OVER (PARTITION BY run_id) AS last
      FROM training_events WHERE run_id = ANY(${[...runIds]}) AND kind = 'LOSS'
    ) AS points
    WHERE step % (2 ^ greatest(0, ceil(log(2, last / ${limits.lossPoints}::numeric))))::int = 0
    GROUP BY run_id`);
  const curves = new Map(
    rows.map(({ runId, steps, losses }) => [
      runId,
      steps.map((step, point) => ({ step, loss: losses[point] as number })),
    ]),
  );
  return runIds.map((id) => curves.get(id) ?? []);
}

/** Returns the epochs of each run, in order. */
export async function epochsOfRuns(
  database: Database,
  runIds: readonly number[],
): Promise<(EpochResult & { at: Date })[][]> {
  const rows = await database.trainingEvent.findMany({
    where: { runId: { in: [...runIds] }, kind: 'EPOCH' },
    orderBy: [{ runId: 'asc' }, { id: 'asc' }],
  });
  const epochs = rows.map(({ runId, at, content }) => ({
    runId,
    row: { at, ...(content as unknown as EpochResult) },
  }));
  return grouped(runIds, epochs);
}

/** Returns the last 200 log lines of each run, the oldest first. */
export async function logsOfRuns(
  database: Database,
  runIds: readonly number[],
): Promise<{ at: Date; message: string }[][]> {
  const rows = await database.$queryRaw<{ runId: number; at: Date; message: string }[]>(sql`
    SELECT run.id AS "runId", line.at, line.message FROM unnest(${[...runIds]}::int[]) AS run (id), LATERAL (
      SELECT id, at, content ->> 'message' AS message FROM training_events
      WHERE run_id = run.id AND kind = 'LOG' ORDER BY id DESC LIMIT ${limits.logLines}
    ) AS line ORDER BY run.id, line.id`);
  return grouped(
    runIds,
    rows.map(({ runId, ...row }) => ({ runId, row })),
  );
}

/** Runs whose events one statement deletes; a run has some hundred events. */
const runsAtOnce = 100;

/** Deletes the events of runs that ended more than `days` days ago; the runs stay. Returns the number of events. */
export async function removeOldEvents(database: Database, days: number): Promise<number> {
  for (let removed = 0; ; ) {
    const [row] = await database.$queryRaw<{ runs: number; events: number }[]>(sql`
      WITH outdated AS (
        SELECT id FROM training_runs WHERE finished_at < now() - make_interval(days => ${days}::int)
          AND EXISTS (SELECT FROM training_events WHERE run_id = training_runs.id)
        ORDER BY id LIMIT ${runsAtOnce}::int
      ), removed AS (DELETE FROM training_events WHERE run_id IN (SELECT id FROM outdated) RETURNING id)
      SELECT (SELECT count(*) FROM outdated)::int AS runs, (SELECT count(*) FROM removed)::int AS events`);
    const { runs, events } = row as { runs: number; events: number };
    removed += events;
    if (runs < runsAtOnce) return removed;
  }
}

function grouped<Row>(runIds: readonly number[], rows: readonly { runId: number; row: Row }[]): Row[][] {
  const lists = new Map<number, Row[]>(runIds.map((id) => [id, []]));
  for (const { runId, row } of rows) lists.get(runId)?.push(row);
  return runIds.map((id) => lists.get(id) ?? []);
}
