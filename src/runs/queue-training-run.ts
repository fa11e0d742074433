import { type Database, type RunTrigger, sql } from '../store/database.ts';
import { addLogLine } from './training-events.ts';
import { addTrainingJob } from './training-queue.ts';
import type { TrainingRunContent } from './training-runs.ts';

/** What requests a run: the API or a schedule. */
export interface TrainingTrigger {
  /** The command line trains in its own process and queues nothing. */
  readonly trigger: Exclude<RunTrigger, 'COMMAND_LINE'>;
  /** When the request arrived or the schedule was due, by the database's clock; never earlier than that. */
  readonly requestedAt: Date;
  readonly scheduleId?: number;
  readonly keyed?: KeyedRequest | undefined;
}

/** A request with the client's idempotency key. */
export interface KeyedRequest {
  readonly key: string;
  /** As the client sent it: the defaults that complete it can change before the client sends it again. */
  readonly request: object;
}

export interface QueuedTraining {
  readonly id: number;
  /** Whether the trigger shares a run that another trigger queued. */
  readonly joined: boolean;
  /** Whether the key already belongs to this run, which trains something else. */
  readonly conflict: boolean;
}

/**
 * Queues a run, or joins an equal one that reads everything that was stored when the trigger arrived. Such a run is
 * still queued, or was taken up after the trigger arrived; it may even have ended, because an idle worker takes a run
 * up at once. Runs in the caller's transaction. Other triggers wait until it ends, so that two triggers at once make
 * one run. A key stays with its first run, joined or not.
 */
export async function queueTrainingRun(
  transaction: Database,
  content: TrainingRunContent,
  trigger: TrainingTrigger,
): Promise<QueuedTraining> {
  await lockTriggers(transaction);
  const { keyed } = trigger;
  const known = keyed && (await runOfKey(transaction, keyed, content));
  if (known) return { id: known.id, joined: false, conflict: !known.same };
  const equal = await lockJoinableRun(transaction, content, trigger);
  const id = equal ?? (await addRun(transaction, content, trigger));
  if (equal !== undefined) await addLogLine(transaction, id, sharedBy[trigger.trigger]);
  if (keyed) await addKey(transaction, keyed, id);
  return { id, joined: equal !== undefined, conflict: false };
}

const sharedBy: Record<TrainingTrigger['trigger'], string> = {
  API: 'another request for the same training shares this run: it arrived before the run began to read',
  SCHEDULE: 'a schedule for the same training shares this run: it was due before the run began to read',
};

/** Sets this advisory lock apart from all others. */
const triggerLock = [7_463_204, 1] as const;

async function lockTriggers(transaction: Database): Promise<void> {
  const [lockClass, key] = triggerLock;
  await transaction.$executeRaw(sql`SELECT pg_advisory_xact_lock(${lockClass}::int, ${key}::int)`);
}

/** Returns the run of a key, and whether the key came with the same request, or the run trains the same. */
async function runOfKey(
  transaction: Database,
  { key, request }: KeyedRequest,
  content: TrainingRunContent,
): Promise<{ id: number; same: boolean } | undefined> {
  const [row] = await transaction.$queryRaw<{ id: number; same: boolean }[]>(sql`
    SELECT id, coalesce(request = ${JSON.stringify(request)}::jsonb, FALSE) OR ${trainsSame(content)} AS same
    FROM training_runs JOIN training_run_keys ON run_id = id WHERE key = ${key}`);
  return row;
}

async function addKey(transaction: Database, { key, request }: KeyedRequest, runId: number): Promise<void> {
  await transaction.$executeRaw(sql`
    INSERT INTO training_run_keys (key, run_id, request)
    VALUES (${key}, ${runId}::int, ${JSON.stringify(request)}::jsonb)`);
}

/**
 * Locks and returns the first run that this trigger can join: no process takes it up or cancels it before the
 * transaction ends. A run of the command line cannot be joined, because it fails when its process ends.
 */
async function lockJoinableRun(
  transaction: Database,
  content: TrainingRunContent,
  { requestedAt }: TrainingTrigger,
): Promise<number | undefined> {
  const rows = await transaction.$queryRaw<{ id: number }[]>(sql`
    SELECT id FROM training_runs
    WHERE cancel_requested_at IS NULL AND (status = 'QUEUED' OR started_at >= ${requestedAt})
      AND trigger <> 'COMMAND_LINE' AND ${trainsSame(content)}
    ORDER BY id FOR UPDATE`);
  return rows.at(0)?.id;
}

function trainsSame({ taskKind, config, seed, maxUsers }: TrainingRunContent) {
  return sql`(task_kind = ${taskKind}::task_kind AND config = ${JSON.stringify(config)}::jsonb AND seed = ${seed}::int
    AND max_users IS NOT DISTINCT FROM ${maxUsers}::int)`;
}

/** Adds a run together with its job. */
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
