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
  /** Sent again with the same training, it returns the same run, even if the first request joined that run. */
  readonly idempotencyKey?: string | null | undefined;
}

const maxKeyLength = 256;
/** In milliseconds; leaves time for other triggers to finish. */
const waiting = { maxWait: 10_000, timeout: 20_000 };

/**
 * Queues a run for a worker, or joins an equal run that has not begun to read. Returns the run's ID. Throws
 * BAD_USER_INPUT if the request is invalid, and IDEMPOTENCY_CONFLICT if the key was used for a different training.
 */
export async function startTraining(
  database: TransactionalDatabase,
  { training, idempotencyKey }: StartTrainingInput,
): Promise<number> {
  const arrivedAt = performance.now();
  if (idempotencyKey != null) checkKey(idempotencyKey);
  const content = requestedTraining(training);
  const keyed = idempotencyKey == null ? undefined : { key: idempotencyKey, request: training };
  return database.$transaction(async (transaction) => {
    // The wait for a connection can be long: the request arrived that much earlier.
    const requestedAt = await databaseTime(transaction, performance.now() - arrivedAt);
    const queued = await queueTrainingRun(transaction, content, { trigger: 'API', requestedAt, keyed });
    if (queued.conflict) throw keyTaken();
    return queued.id;
  }, waiting);
}

function keyTaken(): WarmstartError {
  const message =
    'idempotencyKey: this key was already used for a different training; use a new key for a new training';
  return new WarmstartError('IDEMPOTENCY_CONFLICT', message, { field: ['idempotencyKey'] });
}

function checkKey(key: string): void {
  const problem = textProblem(key, { min: 1, max: maxKeyLength });
  if (problem) throw inputError(['idempotencyKey'], problem);
}

/**
 * Cancels a run. A queued run ends at once; a running one ends when its owner notices, within about a second. Neither
 * publishes anything from now on. A second call changes nothing. Throws TRAINING_RUN_NOT_FOUND if the run does not
 * exist, and ALREADY_FINISHED if it has already ended.
 */
export async function cancelTraining(database: TransactionalDatabase, id: number): Promise<void> {
  const { outcome } = await database.$transaction(async (transaction) => {
    const cancelled = await cancelTrainingRun(transaction, id);
    if (cancelled.outcome === 'cancelled') await removeTrainingJob(transaction, { id, attempt: cancelled.attempt });
    return cancelled;
  });
  if (outcome === 'notFound') throw notFound('training run', undefined, ['trainingRun']);
  if (outcome === 'finished')
    throw inputError(['trainingRun'], 'this training run has already finished', 'ALREADY_FINISHED');
}
