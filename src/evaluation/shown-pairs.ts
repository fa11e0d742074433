import { hashPair } from '../tasks/hash-pair.ts';

/**
 * How many of a task's `available` support pairs a model is shown, or `undefined` where the task is not to be measured so.
 * `task` is its place among those that are measured.
 */
export type ShownPairs = (available: number, task: number) => number | undefined;

export const everything: ShownPairs = (available) => available;
export const nothing: ShownPairs = () => 0;

/** Histories from so many pairs to so many; `null` for any number. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number | null;
}

/** From those of whom nothing is known to those who have been there for long. */
export const historyRanges: readonly HistoryRange[] = [
  { from: 0, to: 0 },
  { from: 1, to: 5 },
  { from: 6, to: 20 },
  { from: 21, to: null },
];

/** A number drawn evenly from the range, as far as there are pairs; the same one for every model. Tasks with fewer are left out. */
export function withinRange({ from, to }: HistoryRange, seed: number): ShownPairs {
  return (available, task) => {
    const most = Math.min(to ?? Infinity, available);
    return most < from ? undefined : from + (hashPair(task, from, seed) % (most - from + 1));
  };
}

/** Nothing, of the tasks that `shown` measures. */
export function nothingOf(shown: ShownPairs): ShownPairs {
  return (available, task) => (shown(available, task) === undefined ? undefined : 0);
}

/** Only of the first `most` tasks. */
export function ofFirst(most: number, shown: ShownPairs): ShownPairs {
  return (available, task) => (task < most ? shown(available, task) : undefined);
}
