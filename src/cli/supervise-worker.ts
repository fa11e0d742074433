import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from 'pino';

export interface SupervisedWorker {
  /** Lets the worker queue again what it is at, and waits for its end. */
  stop(): Promise<void>;
}

/** Milliseconds: the first pause before a worker that ended is started again, and the longest, which it doubles up to. */
const pauses = { first: 1000, longest: 10_000 };
/** Milliseconds after which a worker counts as running well. */
const wellAfter = 60_000;
/** Milliseconds in which a worker that is to stop has to. */
const maxStopping = 15_000;

/**
 * Keeps a worker process beside this one, with the same settings but for those given, and starts it again when it ends. It stops when its channel to this
 * process closes, so that it never outlives it, however this one ends.
 */
export function superviseWorker(logger: Logger, settings: NodeJS.ProcessEnv = {}): SupervisedWorker {
  let child: ChildProcess | undefined;
  let pending: NodeJS.Timeout | undefined;
  let pause = pauses.first;
  let stopped = false;

  const start = () => {
    const started = performance.now();
    // Its channel alone must not keep this process alive.
    child = fork(process.argv[1] as string, ['worker'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    logger.info({ worker: child.pid }, 'started a worker');
    child.on('error', (error) => logger.error({ err: error }, 'the worker cannot be reached'));
    child.once('exit', (status, signal) => {
      child = undefined;
      if (stopped) return;
      if (performance.now() - started > wellAfter) pause = pauses.first;
      logger.error({ status, signal, pause }, 'the worker ended; it is started again');
      pending = setTimeout(start, pause);
      pause = Math.min(2 * pause, pauses.longest);
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

/** Not by a signal: Ctrl+C sends one to both processes, and a second one ends a worker at once. */
async function stopChild(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), maxStopping);
  await ended;
  clearTimeout(timer);
}
