import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { type Config, readConfig } from '../config.ts';
import { forgetMilliseconds, forgetOldChanges } from '../live-catalog/read-changes.ts';
import { startTrainingWorker } from '../pipeline/training-worker.ts';
import { endAfterError, endOnUncaughtError, untilAbandoned, untilInterrupted } from '../processes/process-lifetime.ts';
import { yieldToServers } from '../processes/yield-to-servers.ts';
import { repeat } from '../runs/repeat.ts';
import { openStore, type Store } from './open-store.ts';
import { startEngine } from './start-engine.ts';

export function workerCommand(): Command {
  return new Command('worker').description('run queued and scheduled trainings, one at a time').action(async () => {
    const config = readConfig(process.env);
    // The parent process may go before the store is open, so the worker listens for that first.
    const abandoned = untilAbandoned();
    const logger = pino({ level: config.logLevel, name: 'worker' }, pino.destination(2));
    try {
      const waiting = (message: string) => logger.warn(message);
      await workIn(await openStore(config, { setsPositives: true, waiting }), { config, logger, abandoned });
    } finally {
      // An open channel would keep this process alive, and its parent waiting for its end.
      if (process.connected) process.disconnect();
    }
  });
}

interface WorkOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly abandoned: Promise<void>;
}

/**
 * Runs trainings until the process must stop. If the queue fails, the process ends with status 1 and does not wait for
 * the queue to stop, since that may wait for a database that is gone.
 */
async function workIn(store: Store, { config, logger, abandoned }: WorkOptions): Promise<void> {
  const close = () => store.close();
  endOnUncaughtError(logger, close);
  yieldToServers();
  try {
    const engine = await startEngine(config);
    const { promotionMargin, ratingScale, retention } = config;
    const worker = await startTrainingWorker({ ...store, engine, ratingScale, logger, promotionMargin, retention });
    // Without a server, nobody else would delete them.
    const forgetting = repeat(forgetMilliseconds, () => forgetOldChanges(store.pool), {
      ...{ logger, title: 'deleting old changes of the catalog' },
    });
    logger.info({ store: store.place, engine: engine.name }, 'working');
    const broken = worker.ended.then(() => Promise.reject(new Error('the queue has stopped')));
    try {
      await Promise.race([untilInterrupted(), abandoned, broken]);
    } catch (err) {
      await endAfterError(logger, close, { err, message: 'the worker cannot continue' });
    }
    await Promise.all([worker.stop().catch(() => {}), forgetting.stop()]);
    logger.info('stopped');
  } finally {
    await store.close();
  }
}
