import type { Logger } from 'pino';
import { startSweeping } from '../jobs/sweep-trainings.ts';
import type { Store } from './open-store.ts';
import { superviseWorker } from './supervise-worker.ts';

/** What a serving process does for trainings: it sees to those whose workers died, and keeps a worker if it is to. */
export function keepTrainings(
  { database }: Store,
  logger: Logger,
  { worker }: { readonly worker: boolean },
): { stop(): Promise<void> } {
  const kept = [startSweeping(database, logger), ...(worker ? [superviseWorker(logger)] : [])];
  return {
    async stop() {
      await Promise.all(kept.map((each) => each.stop()));
    },
  };
}
