import { onInterruption } from '../../src/processes/process-lifetime.ts';

/** Stops or removes what `work` has started or made. */
export type Stop = () => Promise<unknown>;

/** Takes what must be stopped in the end. Throws an `InterruptedError` if the end has begun. */
export type OnEnd = (stop: Stop) => void;

export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

const interruptedStatus = 130;

/**
 * Runs `work`. In the end, also after an error or Ctrl+C, calls what it has handed to `onEnd`, the last first. Nothing
 * else may handle an interruption meanwhile.
 */
export async function withCleanUp<T>(work: (onEnd: OnEnd) => Promise<T>): Promise<T> {
  const stops: Stop[] = [];
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= stopAll(stops);
    return ending;
  };
  const unregister = onInterruption(() => void end().finally(() => process.exit(interruptedStatus)));
  try {
    return await work((stop) => {
      if (ending) throw new InterruptedError('the work was interrupted');
      stops.push(stop);
    });
  } finally {
    await end();
    unregister();
  }
}

async function stopAll(stops: Stop[]): Promise<void> {
  for (const stop of stops.toReversed()) await stop().catch(reportError);
}

function reportError(error: unknown): void {
  process.stderr.write(`could not clean up: ${error instanceof Error ? error.message : String(error)}\n`);
}
