import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Longest time for giving back what outlives the process, such as the embedded PostgreSQL. */
const releaseMilliseconds = 3000;

/**
 * Ends the process with status 1 after an exception that nobody caught: in what state it left things is not known, and whoever supervises the
 * process starts it anew.
 */
export function endOnFault(logger: Logger, release: () => Promise<void>): void {
  const end = (message: string) => (err: unknown) => void endAfterFault(logger, release, { err, message });
  process.once('uncaughtException', end('an exception was not caught'));
  process.once('unhandledRejection', end('a rejected promise was not handled'));
}

/** The same after a fault that was caught, but after which the process cannot go on. */
export async function endAfterFault(
  logger: Logger,
  release: () => Promise<void>,
  { err, message }: { readonly err: unknown; readonly message: string },
): Promise<never> {
  logger.fatal({ err }, message);
  const released = release().catch(() => {});
  await Promise.race([released, setTimeout(releaseMilliseconds)]);
  process.exit(1);
}
