import { onInterruption } from '../../src/processes/process-lifetime.ts';

/** Stops or removes what `work` has started or made. */
export type Stop = () => Promise<unknown>;

const interruptedStatus = 130;

/**
 * Runs `work`. In the end, also after an error or Ctrl+C, calls what it has handed to `onEnd`, the last first. Nothing
 * else may handle an interruption meanwhile.
 */
export async function withCleanUp<T>(work: (onEnd: (stop: Stop) => void) => Promise<T>): Promise<T> {
  const stops: Stop[] = [];
  const end = async () => {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch(reportError);
  };
  const unregister = onInterruption(() => void end().finally(() => process.exit(interruptedStatus)));
  try {
    return await work((stop) => void stops.push(stop));
  } finally {
    await end();
    unregister();
  }
}

function reportError(error: unknown): void {
  process.stderr.write(`could not clean up: ${error instanceof Error ? error.message : String(error)}\n`);
}
