import type { PoolClient } from 'pg';
import { answerWithin } from '../store/answer-within.ts';
import { type Database, sql } from '../store/database.ts';
import type { RunAttempt } from './training-queue.ts';

/** Something that a training tells on its way. */
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

/** How far a running training is. */
export interface RunProgress {
  readonly phase: string;
  /** Of all, 0 to 1. */
  readonly fraction: number;
}

/** What an attempt is to its owner, after it has told something. */
export type Standing = 'owned' | 'cancelRequested' | 'over';

const most = { lossPoints: 500, logLines: 200 };
/** Milliseconds after which a silent connection is taken for dead, and the training with it. */
const longestSilence = 10_000;

/**
 * Stores what an attempt has come to and has to tell, in one statement, over the connection that holds its lock. Stores nothing
 * when the attempt is over.
 */
export async function storeProgress(
  client: PoolClient,
  { id, attempt }: RunAttempt,
  progress: RunProgress,
  events: readonly NewTrainingEvent[],
): Promise<Standing> {
  const { text, values } = sql`
    WITH owned AS (
      UPDATE training_runs SET progress = ${JSON.stringify(progress)}::jsonb
      WHERE id = ${id}::int AND attempt = ${attempt}::int AND status = 'RUNNING' RETURNING id, cancel_requested_at
    ), stored AS (
      INSERT INTO training_events (run_id, kind, at, content)
      SELECT owned.id, (event ->> 'kind')::training_event_kind, (event ->> 'at')::timestamptz, event -> 'content'
      FROM owned, jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS told (event, place)
      ORDER BY place
    )
    SELECT cancel_requested_at IS NOT NULL AS cancelled FROM owned`;
  const answer = client.query<{ cancelled: boolean }>({ text, values: [...values] });
  const { rows } = await answerWithin(longestSilence, answer);
  const [row] = rows;
  if (!row) return 'over';
  return row.cancelled ? 'cancelRequested' : 'owned';
}

/** Adds a line to a run's log, whoever owns it; `marks` are for programs to count. */
export async function addLogLine(
  database: Database,
  runId: number,
  message: string,
  marks: Readonly<Record<string, boolean>> = {},
): Promise<void> {
  await database.trainingEvent.create({ data: { runId, kind: 'LOG', content: { message, ...marks } } });
}

/**
 * The losses of runs, by step, at most 500 points of each, at equal distances. Distances are powers of 2, as those of stored
 * points are, see `TrainingJournal`.
 */
export async function lossCurves(database: Database, runIds: readonly number[]): Promise<LossPoint[][]> {
  const rows = await database.$queryRaw<{ runId: number; steps: number[]; losses: number[] }[]>(sql`
    SELECT run_id AS "runId", array_agg(step ORDER BY step) AS steps, array_agg(loss ORDER BY step) AS losses FROM (
      SELECT run_id, (content ->> 'step')::int AS step, (content ->> 'loss')::float8 AS loss,
        max((content ->> 'step')::int) OVER (PARTITION BY run_id) AS last
      FROM training_events WHERE run_id = ANY(${[...runIds]}) AND kind = 'LOSS'
    ) AS points
    WHERE step % (2 ^ greatest(0, ceil(log(2, last / ${most.lossPoints}::numeric))))::int = 0
    GROUP BY run_id`);
  const curves = new Map(
    rows.map(({ runId, steps, losses }) => [
      runId,
      steps.map((step, point) => ({ step, loss: losses[point] as number })),
    ]),
  );
  return runIds.map((id) => curves.get(id) ?? []);
}

/** What each epoch of runs came to, in order. */
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

/** The last 200 lines of the logs of runs, oldest first. */
export async function logsOfRuns(
  database: Database,
  runIds: readonly number[],
): Promise<{ at: Date; message: string }[][]> {
  const rows = await database.$queryRaw<{ runId: number; at: Date; message: string }[]>(sql`
    SELECT run.id AS "runId", line.at, line.message FROM unnest(${[...runIds]}::int[]) AS run (id), LATERAL (
      SELECT id, at, content ->> 'message' AS message FROM training_events
      WHERE run_id = run.id AND kind = 'LOG' ORDER BY id DESC LIMIT ${most.logLines}
    ) AS line ORDER BY run.id, line.id`);
  return grouped(
    runIds,
    rows.map(({ runId, ...row }) => ({ runId, row })),
  );
}

/** Runs whose events are removed by one statement; one has some hundred events. */
const runsAtOnce = 100;

/** Removes what runs told that ended more than so many days ago; the runs stay. Returns how many events there were. */
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
