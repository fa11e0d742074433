import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface Repetition {
  /** Waits for what is being done. */
  stop(): Promise<void>;
}

/**
 * Does something again and again, `interval` milliseconds after the last time; what fails is tried again, and logged when it
 * begins to fail and when it is well again. */
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
        if (failing) logger.info(`${title} goes on`);
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: error }, `${title} failed; it is tried again`);
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
