import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface Repetition {
  /** Waits for what is being done. */
  stop(): Promise<void>;
}

/** Does something again and again, `interval` milliseconds after the last time; what fails is logged and tried again. */
export function repeat(
  interval: number,
  work: () => Promise<unknown>,
  { logger, title }: { logger: Logger; title: string },
): Repetition {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      await work().catch((error: unknown) =>
        logger.warn({ err: error }, `${title} failed; it is tried again`),
      );
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
