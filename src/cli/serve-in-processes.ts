import type { Config } from '../config.ts';
import { announce } from './announce.ts';
import { checkConnections, maxConnectionsFor } from './check-connections.ts';
import { openStore } from './open-store.ts';
import { endOnUncaughtError, untilInterrupted } from './process-lifetime.ts';
import { endInTime, statementMilliseconds } from './serve-until.ts';
import { ServerProcesses } from './server-processes.ts';
import { startTrainingService } from './supervise-worker.ts';
import { openLog } from './telemetry.ts';

export interface ProcessesOptions {
  /** Number of server processes, at least 2. */
  readonly processes: number;
  /** Whether to run a worker beside the servers. */
  readonly worker: boolean;
}

/**
 * Prepares the database, and runs several server processes and one worker on it until the process is interrupted. This
 * process answers no requests. Throws INVALID_CONFIGURATION if a server process ends before all of them listen.
 */
export async function serveInProcesses(config: Config, { processes, worker }: ProcessesOptions): Promise<void> {
  const logger = openLog(config);
  const connections = maxConnectionsFor(processes);
  const store = await openStore(config, { statementMilliseconds, setsPositives: true, connections });
  endOnUncaughtError(logger, () => store.close());
  try {
    await checkConnections(store.pool, processes);
    const servers = new ServerProcesses(processes, logger, { DATABASE_URL: store.url });
    try {
      const url = await servers.listening;
      const trainings = startTrainingService(store, logger, { worker });
      await announce(store, url);
      await untilInterrupted();
      endInTime(config, logger);
      const [endedWell] = await Promise.all([servers.stop(), trainings.stop()]);
      if (!endedWell) process.exitCode = 1;
    } finally {
      await servers.kill();
    }
  } finally {
    await store.close();
  }
}
