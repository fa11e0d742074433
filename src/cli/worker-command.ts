import { Command } from 'commander';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { startTrainingWorker } from '../jobs/training-worker.ts';
import { openStore } from './open-store.ts';
import { untilInterrupted } from './serve-command.ts';
import { startEngine } from './start-engine.ts';

export function workerCommand(): Command {
  return new Command('worker')
    .description('train what is queued and scheduled, one training at a time')
    .action(async () => {
      const config = readConfig(process.env);
      // Listened for before anything is opened, since who started this worker may be gone by then.
      const abandoned = untilAbandoned();
      const store = await openStore(config);
      const logger = pino({ level: config.logLevel, name: 'worker' }, pino.destination(2));
      try {
        const engine = await startEngine(config);
        const worker = await startTrainingWorker({
          ...store,
          engine,
          logger,
          promotionMargin: config.promotionMargin,
        });
        logger.info({ store: store.place, engine: engine.name }, 'working');
        const reasons = [untilInterrupted(), abandoned, worker.ended];
        await Promise.race(reasons).finally(() => worker.stop().catch(() => {}));
        logger.info('stopped');
      } finally {
        await store.close();
        if (process.connected) process.disconnect();
      }
    });
}

/** Resolves when the process that started this one is gone, if it keeps a channel open to it. */
function untilAbandoned(): Promise<void> {
  return new Promise((resolve) => {
    // It may have gone while this one was starting, before anybody listened.
    if (process.send && !process.connected) resolve();
    else process.once('disconnect', resolve);
  });
}
