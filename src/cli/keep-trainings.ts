import type { Logger } from 'pino';
import { startSweeping } from '../runs/sweep-trainings.ts';
import type { Store } from './open-store.ts';
import { superviseWorker } from './supervise-worker.ts';

export interface TrainingKeeping {
  /** Whether a worker runs beside this process, */
  readonly worker: boolean;
  /** and which settings it has that this process has not. */
  readonly settings?: NodeJS.ProcessEnv;
}

/** What a serving process does for trainings: it sees to those whose workers died, and keeps a worker if it is to. */
export function keepTrainings(
  { database }: Store,
  logger: Logger,
  { worker, settings }: TrainingKeeping,
): { stop(): Promise<void> } {
  const kept = [startSweeping(database, logger), ...(worker ? [superviseWorker(logger, settings)] : [])];
  return {
    async stop() {
      await Promise.all(kept.map((each) => each.stop()));
    },
  };
}
