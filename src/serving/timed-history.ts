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
 * Collects what counts of a long history: the very first interaction, which decides the draw of negatives, and for each
 * item and type the latest interaction that says something about the item, and the latest that says nothing. It takes
 * no more memory than the catalog, and the time to add an interaction does not depend on those before.
 */
export class LatestInteractions {
  readonly #catalogRows: number;
  readonly #types: InteractionTypes;
  readonly #kept = emptyHistory();
  /** How many interactions had been added before each of those kept: the later it was recorded, the fewer. */
  readonly #before: number[] = [];
  #added = 0;
  /** The place of each row among those kept, plus 1, by type and by whether it says something. */
  readonly #places: Int32Array[] = [];
  readonly #first = emptyHistory();

  /** `catalogRows` is the number of rows of the catalog. */
  constructor(catalogRows: number, types: InteractionTypes) {
    this.#catalogRows = catalogRows;
    this.#types = types;
  }

  /** Adds interactions that were recorded before all that were added. They must be in the order of time. */
  add(piece: TimedHistory): void {
    for (let at = piece.rows.length - 1; at >= 0; at--) {
      const time = piece.times[at] as number;
      if (time <= (this.#first.times[0] ?? Infinity)) write(piece, at, this.#first, 0);
      const places = this.#placesOf(piece, at);
      const place = places[piece.rows[at] as number] ?? 0;
      if (place === 0) places[piece.rows[at] as number] = this.#kept.rows.length + 1;
      // Of interactions at the same time, the one that was recorded last is the latest.
      if (place === 0) this.#keep(piece, at, this.#kept.rows.length);
      else if (time > (this.#kept.times[place - 1] as number)) this.#keep(piece, at, place - 1);
      this.#added++;
    }
  }

  /** Returns what was collected, in the order of time. */
  inTime(): TimedHistory {
    const before = this.#before;
    const recorded = emptyHistory();
    for (const place of [...before.keys()].sort((a, b) => (before[b] as number) - (before[a] as number)))
      copy(this.#kept, place, recorded);
    const latest = inTime(recorded);
    const isFirst = latest.rows[0] === this.#first.rows[0] && latest.times[0] === this.#first.times[0];
    return isFirst ? latest : merge(this.#first, latest);
  }

  #keep(piece: TimedHistory, at: number, place: number): void {
    write(piece, at, this.#kept, place);
    this.#before[place] = this.#added;
  }

  #placesOf({ types, values }: TimedHistory, at: number): Int32Array {
    const type = types[at] as number;
    const says = this.#types.opinionOf(type, values[at] ?? null) !== undefined;
    const key = 2 * type + Number(says);
    this.#places[key] ??= new Int32Array(this.#catalogRows);
    return this.#places[key] as Int32Array;
  }
}

function copy(from: TimedHistory, at: number, to: TimedHistory): void {
  write(from, at, to, to.rows.length);
}

function write(from: TimedHistory, at: number, to: TimedHistory, place: number): void {
  to.rows[place] = from.rows[at] as number;
  to.types[place] = from.types[at] as number;
  to.values[place] = from.values[at] as number | null;
  to.times[place] = from.times[at] as number;
}
