import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from 'pino';
import { RestartPause } from './restart-pause.ts';

export interface SupervisedWorker {
  /** Lets the worker return its current run to the queue, and waits until the worker has ended. */
  stop(): Promise<void>;
}

/** A worker that takes longer to stop is killed. */
const maxStopMilliseconds = 15_000;

/**
 * Keeps a worker process running beside this one, with the same settings except for `settings`. The worker is started
 * again when it ends. It stops when its channel to this process closes, so it never outlives this process, however
 * this process ends.
 */
export function superviseWorker(logger: Logger, settings: NodeJS.ProcessEnv = {}): SupervisedWorker {
  let child: ChildProcess | undefined;
  let pending: NodeJS.Timeout | undefined;
  const restart = new RestartPause();
  let stopped = false;

  const start = () => {
    const started = performance.now();
    child = fork(process.argv[1] as string, ['worker'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    logger.info({ worker: child.pid }, 'started a worker');
    child.on('error', (error) => logger.error({ err: error }, 'cannot reach the worker'));
    child.once('exit', (status, signal) => {
      child = undefined;
      if (stopped) return;
      const pause = restart.after(performance.now() - started);
      logger.error({ status, signal, pause }, 'the worker ended; starting it again');
      pending = setTimeout(start, pause);
    });
  };

  start();
  return {
    async stop() {
      stopped = true;
      clearTimeout(pending);
      if (child) await stopChild(child);
    },
  };
}

/**
 * Closes the channel instead of sending a signal: Ctrl+C reaches both processes, and a second signal kills a worker.
 */
async function stopChild(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), maxStopMilliseconds);
  await ended;
  clearTimeout(timer);
}
