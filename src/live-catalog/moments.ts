import { withRoomFor } from './growable.ts';

interface Entry {
  readonly moment: number;
  readonly row: number;
}

/** Entries that are no longer true and can be kept, besides as many as are true. */
const maxOutdated = 1000;

/**
 * Rows, each with the next moment at which something is due, in milliseconds since 1970. Setting a moment takes time
 * that is logarithmic in their number. Looking whether one has come takes constant time.
 */
export class Moments {
  /** By row; infinite if nothing is due. */
  #moments = new Float64Array();
  #count = 0;
  /** A binary heap: no entry is earlier than the one at half its place. It also has outdated moments of rows. */
  #heap: Entry[] = [];

  /** Sets the moment of a row, and forgets its earlier one; `Infinity` if nothing is due. */
  set(row: number, moment: number): void {
    this.#moments = withRoomFor(this.#moments, row, Number.POSITIVE_INFINITY);
    const before = this.#moments[row] as number;
    if (before === moment) return;
    this.#moments[row] = moment;
    this.#count += Number(Number.isFinite(moment)) - Number(Number.isFinite(before));
    if (Number.isFinite(moment)) this.#push({ moment, row });
    if (this.#heap.length > 2 * this.#count + maxOutdated) this.#forgetOutdated();
  }

  /** Returns the row with the earliest moment, if it has come, and forgets its moment; otherwise `undefined`. */
  takeDue(now: number): number | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.moment <= now; first = this.#heap[0]) {
      this.#removeFirst();
      if (this.#moments[first.row] !== first.moment) continue;
      this.#moments[first.row] = Number.POSITIVE_INFINITY;
      this.#count--;
      return first.row;
    }
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.moment <= entry.moment) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Puts the last entry in the place of the first one, and moves it down until no entry below is earlier. */
  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (momentAt(heap, child + 1) < momentAt(heap, child)) child++;
      if (momentAt(heap, child) >= last.moment) break;
      heap[place] = heap[child] as Entry;
      place = child;
    }
    heap[place] = last;
  }

  /** A sorted array is a heap. */
  #forgetOutdated(): void {
    const rows = new Set(this.#heap.map(({ row }) => row));
    this.#heap = [...rows]
      .map((row) => ({ row, moment: this.#moments[row] as number }))
      .filter(({ moment }) => Number.isFinite(moment))
      .sort((one, other) => one.moment - other.moment);
  }
}

function momentAt(heap: readonly Entry[], place: number): number {
  return heap[place]?.moment ?? Number.POSITIVE_INFINITY;
}
