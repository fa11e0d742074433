import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface Repetition {
  /** Stops after the work in progress. */
  stop(): Promise<void>;
}

/**
 * Repeats work, with a pause of `interval` milliseconds. Work that fails is tried again. The first failure is logged,
 * and so is the first success after it.
 */
export function repeat(
  interval: number,
  work: () => Promise<unknown>,
  { logger, title }: { logger: Logger; title: string },
): Repetition {
  const stopping = new AbortController();
  const { signal } = stopping;
  let failing = false;
  const run = async () => {
    while (!signal.aborted) {
      try {
        await work();
        if (failing) logger.info(`${title} works again`);
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: error }, `${title} failed; retrying`);
        failing = true;
      }
      await setTimeout(interval, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  const ended = run();
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };
}
