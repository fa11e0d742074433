import type { Logger } from 'pino';
import { superviseWorker } from '../processes/supervised-worker.ts';
import { startSweeping } from '../runs/abandoned-runs.ts';
import type { Store } from './open-store.ts';

export interface TrainingServiceOptions {
  /** Whether to run a worker process beside this process. */
  readonly worker: boolean;
  /** Settings of the worker that differ from this process's settings. */
  readonly settings?: NodeJS.ProcessEnv;
}

/**
 * Starts what a serving process does for training runs: it takes care of runs whose worker has died, and it keeps a
 * worker running if `worker` is true.
 */
export function startTrainingService(
  { database }: Store,
  logger: Logger,
  { worker, settings }: TrainingServiceOptions,
): { stop(): Promise<void> } {
  const services = [startSweeping(database, logger), ...(worker ? [superviseWorker(logger, settings)] : [])];
  return {
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
}
