import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';

const oneAtATime = pLimit(1);

/**
 * Does a piece of an engine's work in a turn of the event loop of its own, after the pieces that were asked for before it.
 * However many functions are compiled and run at once, they then hold the loop no longer than the longest piece takes.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  return asTurn(async () => {
    await setImmediate();
    return work();
  });
}

/** The same for work that waits for a turn by itself, as ONNX Runtime does. It may not wait for another piece. */
export function asTurn<T>(work: () => Promise<T>): Promise<T> {
  return oneAtATime(work);
}
