import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { type Config, readConfig } from '../config.ts';
import { startTrainingWorker } from '../pipeline/training-worker.ts';
import { endAfterFault, endOnFault } from './end-on-fault.ts';
import { openStore, type Store } from './open-store.ts';
import { untilInterrupted } from './serve-command.ts';
import { startEngine } from './start-engine.ts';

export function workerCommand(): Command {
  return new Command('worker')
    .description('train what is queued and scheduled, one training at a time')
    .action(async () => {
      const config = readConfig(process.env);
      // Listened for before anything is opened, since who started this worker may be gone by then.
      const abandoned = untilAbandoned();
      const logger = pino({ level: config.logLevel, name: 'worker' }, pino.destination(2));
      try {
        await workIn(await openStore(config), { config, logger, abandoned });
      } finally {
        // An open channel would keep this process alive, whatever went wrong, and who started it waiting for its end.
        if (process.connected) process.disconnect();
      }
    });
}

interface WorkOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly abandoned: Promise<void>;
}

/** Works until the process is to stop. One that cannot go on ends with status 1, without its queue, which may wait for a database that is gone. */
async function workIn(store: Store, { config, logger, abandoned }: WorkOptions): Promise<void> {
  const close = () => store.close();
  endOnFault(logger, close);
  try {
    const engine = await startEngine(config);
    const { promotionMargin, retention } = config;
    const worker = await startTrainingWorker({ ...store, engine, logger, promotionMargin, retention });
    logger.info({ store: store.place, engine: engine.name }, 'working');
    const broken = worker.ended.then(() => Promise.reject(new Error('the queue ended')));
    try {
      await Promise.race([untilInterrupted(), abandoned, broken]);
    } catch (err) {
      await endAfterFault(logger, close, { err, message: 'the worker cannot go on' });
    }
    await worker.stop().catch(() => {});
    logger.info('stopped');
  } finally {
    await store.close();
  }
}

/** Resolves when the process that started this one is gone, if it keeps a channel open to it. */
function untilAbandoned(): Promise<void> {
  return new Promise((resolve) => {
    // It may have gone while this one was starting, before anybody listened.
    if (process.send && !process.connected) resolve();
    else process.once('disconnect', resolve);
  });
}
