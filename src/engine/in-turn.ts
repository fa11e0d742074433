import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';

const oneAtATime = pLimit(1);

/**
 * Runs one piece of an engine's work in its own turn of the event loop, after all pieces that were requested earlier.
 * However many functions are compiled or run at once, the loop is blocked at most for the time of the longest piece.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  return asTurn(async () => {
    await setImmediate();
    return work();
  });
}

/** The same for asynchronous work, such as a call of ONNX Runtime. The work must not wait for another piece. */
export function asTurn<T>(work: () => Promise<T>): Promise<T> {
  return oneAtATime(work);
}
