import { inputError, notFound, WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { databaseTime } from '../store/database-time.ts';
import { queueTrainingRun } from './queue-training-run.ts';
import { type RequestedTraining, requestedTraining } from './requested-training.ts';
import { removeTrainingJob } from './training-queue.ts';
import { cancelTrainingRun } from './training-runs.ts';

export interface StartTrainingInput {
  readonly training: RequestedTraining;
  /** Sent again with the same training it names the same run, be it one that the first request joined. */
  readonly idempotencyKey?: string | null | undefined;
}

const maxKeyLength = 256;
/** Milliseconds; other triggers may be under way. */
const waiting = { maxWait: 10_000, timeout: 20_000 };

/**
 * Queues a training for a worker, or joins an equal one that had not begun to read, and returns the run's id. Throws
 * BAD_USER_INPUT for what is wrong in itself, and IDEMPOTENCY_CONFLICT when the key came before, for another training.
 */
export async function startTraining(
  database: TransactionalDatabase,
  { training, idempotencyKey }: StartTrainingInput,
): Promise<number> {
  const came = performance.now();
  if (idempotencyKey != null) checkKey(idempotencyKey);
  const content = requestedTraining(training);
  const named = idempotencyKey == null ? undefined : { key: idempotencyKey, request: training };
  return database.$transaction(async (transaction) => {
    // A connection may be long in coming.
    const askedAt = await databaseTime(transaction, performance.now() - came);
    const queued = await queueTrainingRun(transaction, content, { trigger: 'API', askedAt, named });
    if (queued.conflict) throw keyTaken();
    return queued.id;
  }, waiting);
}

function keyTaken(): WarmstartError {
  const message = 'idempotencyKey: it came before, for another training; use a new key for a new training';
  return new WarmstartError('IDEMPOTENCY_CONFLICT', message, { field: ['idempotencyKey'] });
}

function checkKey(key: string): void {
  const problem = textProblem(key, { min: 1, max: maxKeyLength });
  if (problem) throw inputError(['idempotencyKey'], problem);
}

/**
 * Ends a queued training at once, and a running one as soon as its owner sees it, within about a second; either way it
 * publishes nothing from now on. Asking again changes nothing. Throws TRAINING_RUN_NOT_FOUND and ALREADY_FINISHED.
 */
export async function cancelTraining(database: TransactionalDatabase, id: number): Promise<void> {
  const { outcome } = await database.$transaction(async (transaction) => {
    const cancelled = await cancelTrainingRun(transaction, id);
    if (cancelled.outcome === 'cancelled')
      await removeTrainingJob(transaction, { id, attempt: cancelled.attempt });
    return cancelled;
  });
  if (outcome === 'notFound') throw notFound('training run', undefined, ['trainingRun']);
  if (outcome === 'finished')
    throw inputError(['trainingRun'], 'this training run has already finished', 'ALREADY_FINISHED');
}
