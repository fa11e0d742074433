import { type LogFunctionFactory, Logger as QueueLogger, run } from 'graphile-worker';
import type { Logger } from 'pino';
import { startSweeping } from '../runs/abandoned-runs.ts';
import { type Repetition, repeat } from '../runs/repeat.ts';
import { runDueSchedules } from '../runs/run-due-schedules.ts';
import { type RunAttempt, trainingTask } from '../runs/training-queue.ts';
import { type Retention, startRemoving } from './remove-outdated.ts';
import { runQueuedTraining, type WorkerServices, WorkerStoppingError } from './run-queued-training.ts';

export interface TrainingWorker {
  /** Rejects when the worker cannot go on. */
  readonly ended: Promise<void>;
  /** Takes up nothing more, and queues again what it is at. */
  stop(): Promise<void>;
}

export interface TrainingWorkerOptions extends WorkerServices {
  /** What is kept of old versions and trainings; all of it without. */
  readonly retention?: Retention;
}

/** Milliseconds; a job that is added is announced, so that this is for those whose announcement was lost. */
const pollInterval = 2000;
const scheduleInterval = 1000;

/** Works off queued trainings, one at a time; starts those that are scheduled, sees to those whose workers died, and removes what is outdated. */
export async function startTrainingWorker({
  retention,
  ...services
}: TrainingWorkerOptions): Promise<TrainingWorker> {
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
      // First, so that what is queued again is not taken up here.
      const stopped = runner.stop();
      stopping.abort(new WorkerStoppingError());
      await Promise.all([stopped, ...repetitions.map((repetition) => repetition.stop())]);
    },
  };
}

/** The queue's own notes are details, unless something is wrong. */
function toPino(logger: Logger): LogFunctionFactory {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;
  return (scope) => (level, message) => {
    const { label, jobId } = scope as { label?: string; jobId?: string };
    logger[levels[level]]({ queue: label, job: jobId }, message);
  };
}
