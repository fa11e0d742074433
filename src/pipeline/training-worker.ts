import { type LogFunctionFactory, Logger as QueueLogger, run } from 'graphile-worker';
import type { Logger } from 'pino';
import { startSweeping } from '../runs/abandoned-runs.ts';
import { type Repetition, repeat } from '../runs/repeat.ts';
import { runDueSchedules } from '../runs/run-due-schedules.ts';
import { type RunAttempt, trainingTask } from '../runs/training-queue.ts';
import { type Retention, startRemoving } from './remove-outdated.ts';
import { runQueuedTraining, type WorkerServices, WorkerStoppingError } from './run-queued-training.ts';

export interface TrainingWorker {
  /** Rejects if the worker cannot continue. */
  readonly ended: Promise<void>;
  /** Starts no further runs and queues the current run again. */
  stop(): Promise<void>;
}

export interface TrainingWorkerOptions extends WorkerServices {
  /** How much to keep of old versions and runs. Default: everything. */
  readonly retention?: Retention;
}

/** Milliseconds between polls. New jobs are announced, so polling is only for lost announcements. */
const pollInterval = 2000;
const scheduleInterval = 1000;

/**
 * Runs queued trainings one at a time, starts scheduled ones, handles runs whose workers have died, and removes
 * outdated data.
 */
export async function startTrainingWorker({ retention, ...services }: TrainingWorkerOptions): Promise<TrainingWorker> {
  const { database, pool, logger } = services;
  const stopping = new AbortController();
  const runner = await run({
    pgPool: pool,
    concurrency: 1,
    noHandleSignals: true,
    pollInterval,
    parsedCronItems: [],
    logger: new QueueLogger(toPino(logger)),
    taskList: {
      [trainingTask]: (payload) => runQueuedTraining(services, payload as RunAttempt, stopping.signal),
    },
  });
  const repetitions: Repetition[] = [
    startSweeping(database, logger),
    repeat(scheduleInterval, () => runDueSchedules(database, logger), { logger, title: 'scheduling' }),
    ...(retention ? [startRemoving(database, retention, logger)] : []),
  ];
  return {
    ended: runner.promise,
    async stop() {
      // This comes first, so that this worker does not start the run that it queues again.
      const stopped = runner.stop();
      stopping.abort(new WorkerStoppingError());
      await Promise.all([stopped, ...repetitions.map((repetition) => repetition.stop())]);
    },
  };
}

/** Messages of the queue are details, except warnings and errors. */
function toPino(logger: Logger): LogFunctionFactory {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return (scope) => (level, message) => {
    const { label, jobId } = scope as { label?: string; jobId?: string };
    logger[levels[level]]({ queue: label, job: jobId }, message);
  };
}
