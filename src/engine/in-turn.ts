import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';

const oneAtATime = pLimit(1);

/**
 * Does a piece of work in a turn of the event loop of its own, after the pieces that were asked for before it. However many
 * functions are compiled and run at once, the loop then is held no longer than by the longest piece. A piece may not wait
 * for another.
 */
export function inTurn<T>(work: () => T | Promise<T>): Promise<T> {
  return oneAtATime(async () => {
    await setImmediate();
    return work();
  });
}
