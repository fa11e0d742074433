import { type Database, type RunTrigger, sql } from '../store/database.ts';
import { addLogLine } from './training-events.ts';
import { addTrainingJob } from './training-queue.ts';
import type { TrainingRunContent } from './training-runs.ts';

/** Who asks for a training. */
export interface TrainingTrigger {
  /** The command line trains by itself. */
  readonly trigger: Exclude<RunTrigger, 'COMMAND_LINE'>;
  /** When it came, or was due, by the database's clock; never earlier. */
  readonly askedAt: Date;
  readonly scheduleId?: number;
  readonly named?: NamedRequest | undefined;
}

/** A client's name for its request. */
export interface NamedRequest {
  readonly key: string;
  /** As it came: what it leaves to defaults may be completed otherwise when it comes again. */
  readonly request: object;
}

export interface QueuedTraining {
  readonly id: number;
  /** Whether another trigger queued it. */
  readonly joined: boolean;
  /** The key names this run already, which trains something else. */
  readonly conflict: boolean;
}

/**
 * Queues a run, or joins an equal one that reads all that was stored when the trigger came: it is queued, or was taken up since, as
 * an idle worker does at once, and may even have ended. In a transaction of the caller's, until whose end other triggers wait, so that
 * two at once make one run. A key stays the name of the run it came to, joined or not.
 */
export async function queueTrainingRun(
  transaction: Database,
  content: TrainingRunContent,
  trigger: TrainingTrigger,
): Promise<QueuedTraining> {
  await lockTriggers(transaction);
  const { named } = trigger;
  const known = named && (await runOfKey(transaction, named, content));
  if (known) return { id: known.id, joined: false, conflict: !known.same };
  const equal = await lockJoinableRun(transaction, content, trigger);
  const id = equal ?? (await addRun(transaction, content, trigger));
  if (equal !== undefined) await addLogLine(transaction, id, sharedBy[trigger.trigger]);
  if (named) await addKey(transaction, named, id);
  return { id, joined: equal !== undefined, conflict: false };
}

const sharedBy: Record<TrainingTrigger['trigger'], string> = {
  API: 'shares its run with another request for the same training, which came before this one began to read',
  SCHEDULE:
    'shares its run with a schedule of the same training, whose time came before this one began to read',
};

/** Tells this lock from all other advisory ones. */
const triggerLock = [7_463_204, 1] as const;

async function lockTriggers(transaction: Database): Promise<void> {
  const [lockClass, key] = triggerLock;
  await transaction.$executeRaw(sql`SELECT pg_advisory_xact_lock(${lockClass}::int, ${key}::int)`);
}

/** The run of a key, and whether it is that of the same request, or trains the same. */
async function runOfKey(
  transaction: Database,
  { key, request }: NamedRequest,
  content: TrainingRunContent,
): Promise<{ id: number; same: boolean } | undefined> {
  const [row] = await transaction.$queryRaw<{ id: number; same: boolean }[]>(sql`
    SELECT id, coalesce(request = ${JSON.stringify(request)}::jsonb, FALSE) OR ${trainsSame(content)} AS same
    FROM training_runs JOIN training_run_keys ON run_id = id WHERE key = ${key}`);
  return row;
}

async function addKey(transaction: Database, { key, request }: NamedRequest, runId: number): Promise<void> {
  await transaction.$executeRaw(sql`
    INSERT INTO training_run_keys (key, run_id, request)
    VALUES (${key}, ${runId}::int, ${JSON.stringify(request)}::jsonb)`);
}

/**
 * The first run that this trigger may join, which nobody takes up or cancels before the transaction ends. A training of the
 * command line is none: it fails with its process.
 */
async function lockJoinableRun(
  transaction: Database,
  content: TrainingRunContent,
  { askedAt }: TrainingTrigger,
): Promise<number | undefined> {
  const rows = await transaction.$queryRaw<{ id: number }[]>(sql`
    SELECT id FROM training_runs
    WHERE cancel_requested_at IS NULL AND (status = 'QUEUED' OR started_at >= ${askedAt})
      AND trigger <> 'COMMAND_LINE' AND ${trainsSame(content)}
    ORDER BY id FOR UPDATE`);
  return rows.at(0)?.id;
}

function trainsSame({ taskKind, config, seed, maxUsers }: TrainingRunContent) {
  return sql`(task_kind = ${taskKind}::task_kind AND config = ${JSON.stringify(config)}::jsonb AND seed = ${seed}::int
    AND max_users IS NOT DISTINCT FROM ${maxUsers}::int)`;
}

/** There is a run exactly when there is a job for it. */
async function addRun(
  transaction: Database,
  { taskKind, config, seed, maxUsers }: TrainingRunContent,
  { trigger, scheduleId }: TrainingTrigger,
): Promise<number> {
  const [row] = await transaction.$queryRaw<{ id: number }[]>(sql`
    INSERT INTO training_runs (task_kind, status, trigger, config, seed, max_users, schedule_id)
    VALUES (${taskKind}::task_kind, 'QUEUED', ${trigger}::run_trigger, ${JSON.stringify(config)}::jsonb, ${seed}::int,
      ${maxUsers}::int, ${scheduleId ?? null}::int) RETURNING id`);
  const { id } = row as { id: number };
  await addTrainingJob(transaction, { id, attempt: 0 });
  return id;
}
