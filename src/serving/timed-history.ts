import type { InteractionTypes } from '../features/interaction-types.ts';

/** Interactions in parallel arrays, in the order of time. */
export interface TimedHistory {
  /** The items' rows in the catalog. */
  readonly rows: number[];
  /** See `InteractionTypes`. */
  readonly types: number[];
  readonly values: (number | null)[];
  /** Milliseconds since 1970. */
  readonly times: number[];
}

export function emptyHistory(): TimedHistory {
  return { rows: [], types: [], values: [], times: [] };
}

/** Sorts interactions by time. Those with the same time keep their order. */
export function inTime(history: TimedHistory): TimedHistory {
  const { times } = history;
  if (times.every((time, at) => at === 0 || time >= (times[at - 1] as number))) return history;
  const order = [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  const sorted = emptyHistory();
  for (const at of order) copy(history, at, sorted);
  return sorted;
}

/** Merges two histories. Of interactions with the same time, those of `first` come first. */
export function merge(first: TimedHistory, second: TimedHistory): TimedHistory {
  const merged = emptyHistory();
  let at = 0;
  for (const [other, time] of second.times.entries()) {
    for (; at < first.times.length && (first.times[at] as number) <= time; at++) copy(first, at, merged);
    copy(second, other, merged);
  }
  for (; at < first.times.length; at++) copy(first, at, merged);
  return merged;
}

/**
 * Returns what counts of a history: the very first interaction, which decides the draw of negatives, and for each item and
 * type the latest interaction, and the latest that says something about the item. `catalogRows` is the number of rows of
 * the catalog.
 */
export function withoutRepetitions(history: TimedHistory, catalogRows: number, types: InteractionTypes): TimedHistory {
  const seen = new Uint32Array(catalogRows);
  const said = new Uint32Array(catalogRows);
  const kept: number[] = [];
  for (let at = history.rows.length - 1; at >= 0; at--) {
    const [row, type] = [history.rows[at] as number, history.types[at] as number];
    const isNew = mark(seen, row, type);
    const says = types.opinionOf(type, history.values[at] ?? null) !== undefined && mark(said, row, type);
    if (at === 0 || isNew || says) kept.push(at);
  }
  const distinct = emptyHistory();
  for (const at of kept.reverse()) copy(history, at, distinct);
  return distinct;
}

/** Marks a type of a row. Returns whether it had no mark. */
function mark(marks: Uint32Array, row: number, type: number): boolean {
  const [before, bit] = [marks[row] as number, 1 << type];
  marks[row] = before | bit;
  return (before & bit) === 0;
}

function copy(from: TimedHistory, at: number, to: TimedHistory): void {
  to.rows.push(from.rows[at] as number);
  to.types.push(from.types[at] as number);
  to.values.push(from.values[at] as number | null);
  to.times.push(from.times[at] as number);
}
