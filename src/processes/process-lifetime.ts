import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

const signals = ['SIGINT', 'SIGTERM'] as const;
/** What to do when the process receives one of these signals. */
type Handler = (signal: NodeJS.Signals) => void;

const handlers: Handler[] = [];

/**
 * Calls `handler` when the process receives SIGINT (Ctrl+C) or SIGTERM. Only the handler registered last is called,
 * because it knows best what is in progress. Returns a function that unregisters the handler. Without handlers a
 * signal ends the process as usual.
 */
export function onInterruption(handler: Handler): () => void {
  if (handlers.length === 0) for (const signal of signals) process.on(signal, dispatch);
  handlers.push(handler);
  return () => {
    const index = handlers.indexOf(handler);
    if (index >= 0) handlers.splice(index, 1);
    if (handlers.length === 0) for (const signal of signals) process.off(signal, dispatch);
  };
}

/** Calls each handler at most once: the next signal reaches the handler before it, and finally ends the process. */
function dispatch(signal: NodeJS.Signals): void {
  const handler = handlers.pop();
  if (handlers.length === 0) for (const signal of signals) process.off(signal, dispatch);
  handler?.(signal);
}

/** Resolves when the process receives SIGINT or SIGTERM. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => onInterruption(() => resolve()));
}

/** Resolves when the parent process is gone, if the parent keeps a channel to this process open. */
export function untilAbandoned(): Promise<void> {
  return new Promise((resolve) => {
    // The parent may have gone before this process started to listen.
    if (process.send && !process.connected) resolve();
    else process.once('disconnect', resolve);
  });
}

/** Maximum time to release what outlives the process, such as the embedded PostgreSQL. */
const maxReleaseMilliseconds = 3000;

/**
 * Ends the process with status 1 after an uncaught exception or an unhandled rejection. The state of the process is
 * unknown then, so its supervisor must start it again.
 */
export function endOnUncaughtError(logger: Logger, release: () => Promise<void>): void {
  const end = (message: string) => (err: unknown) => void endAfterError(logger, release, { err, message });
  process.once('uncaughtException', end('uncaught exception'));
  process.once('unhandledRejection', end('unhandled promise rejection'));
}

/** Ends the process with status 1 after an error that was caught but leaves the process unable to continue. */
export async function endAfterError(
  logger: Logger,
  release: () => Promise<void>,
  { err, message }: { readonly err: unknown; readonly message: string },
): Promise<never> {
  logger.fatal({ err }, message);
  const released = release().catch(() => {});
  await Promise.race([released, setTimeout(maxReleaseMilliseconds)]);
  process.exit(1);
}
