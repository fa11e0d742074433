import { setImmediate } from 'node:timers';

/** Calls `work` with a function that returns the number of turns of the event loop since then. */
export async function countingTurns<T>(work: (turns: () => number) => Promise<T>): Promise<T> {
  let turns = 0;
  let immediate = setImmediate(function count() {
    turns += 1;
    immediate = setImmediate(count);
  });
  try {
    return await work(() => turns);
  } finally {
    clearImmediate(immediate);
  }
}
