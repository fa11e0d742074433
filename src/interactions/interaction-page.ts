import type { KnownInteraction } from './known-interactions.ts';

/** Two numbers of 8 bytes, three IDs of 4 bytes and a type. */
const bytesPerRow = 29;

/** Maximum number of rows of a user that are sorted by insertion, which is fastest for few. */
const maxInserted = 32;

/** Interactions in typed arrays over one buffer, which takes far less memory than objects and goes to a file as it is. */
export class InteractionPage {
  readonly rows: number;
  readonly bytes: Uint8Array;
  /** NaN without a value. */
  readonly #values: Float64Array;
  /** Milliseconds since 1970. Infinite without a time, so that such interactions come last, as if they happened now. */
  readonly #times: Float64Array;
  readonly #users: Int32Array;
  readonly #items: Int32Array;
  /** 0 without a scenario. */
  readonly #scenarios: Int32Array;
  /** Indices into the names of types. */
  readonly #types: Uint8Array;

  readonly #names: string[];

  /** Adds the names of types that come to `names`, which all pages of a file share. */
  constructor(rows: number, names: string[]) {
    this.rows = rows;
    this.#names = names;
    const buffer = new ArrayBuffer(rows * bytesPerRow);
    this.bytes = new Uint8Array(buffer);
    this.#values = new Float64Array(buffer, 0, rows);
    this.#times = new Float64Array(buffer, 8 * rows, rows);
    this.#users = new Int32Array(buffer, 16 * rows, rows);
    this.#items = new Int32Array(buffer, 20 * rows, rows);
    this.#scenarios = new Int32Array(buffer, 24 * rows, rows);
    this.#types = new Uint8Array(buffer, 28 * rows, rows);
  }

  set(row: number, { userId, itemId, scenarioId, type, value, time }: KnownInteraction): void {
    this.#values[row] = value ?? Number.NaN;
    this.#times[row] = time?.getTime() ?? Infinity;
    this.#users[row] = userId;
    this.#items[row] = itemId;
    this.#scenarios[row] = scenarioId ?? 0;
    const known = this.#names.indexOf(type);
    this.#types[row] = known === -1 ? this.#names.push(type) - 1 : known;
  }

  get(row: number): KnownInteraction {
    const value = this.#values[row] as number;
    const time = this.#times[row] as number;
    return {
      userId: this.#users[row] as number,
      itemId: this.#items[row] as number,
      scenarioId: this.#scenarios[row] || null,
      type: this.#names[this.#types[row] as number] as string,
      value: Number.isNaN(value) ? null : value,
      time: time === Infinity ? null : new Date(time),
    };
  }

  /** Copies a row of another page. */
  copy(row: number, from: InteractionPage, source: number): void {
    this.#values[row] = from.#values[source] as number;
    this.#times[row] = from.#times[source] as number;
    this.#users[row] = from.#users[source] as number;
    this.#items[row] = from.#items[source] as number;
    this.#scenarios[row] = from.#scenarios[source] as number;
    this.#types[row] = from.#types[source] as number;
  }

  /** Returns the first `length` rows by user and time. Rows of the same user and time keep their order. */
  order(length: number): Uint32Array {
    // IDs are sorted digit by digit, which takes a tenth of the time of a function that compares two rows.
    const order = this.#byDigit(16, this.#byDigit(0, rowsFrom0(length)));
    for (let start = 0, end = 0; start < length; start = end) {
      const user = this.#users[order[start] as number];
      do end++;
      while (end < length && this.#users[order[end] as number] === user);
      this.#sortTimes(order, start, end);
    }
    return order;
  }

  /** Returns the rows in the order of the 16 bits of their users from `shift` on. Rows with equal bits keep their order. */
  #byDigit(shift: number, rows: Uint32Array): Uint32Array {
    const users = this.#users;
    const ends = new Uint32Array(2 ** 16 + 1);
    for (const row of rows) ends[(((users[row] as number) >>> shift) & 0xffff) + 1]!++;
    for (let digit = 0; digit < 2 ** 16; digit++) ends[digit + 1]! += ends[digit] as number;
    const sorted = new Uint32Array(rows.length);
    for (const row of rows) sorted[ends[((users[row] as number) >>> shift) & 0xffff]!++] = row;
    return sorted;
  }

  /** Sorts the rows of a user, which are `order[start]` to `order[end - 1]`. */
  #sortTimes(order: Uint32Array, start: number, end: number): void {
    const times = this.#times;
    if (end - start > maxInserted) {
      // Equal infinite times have no difference.
      order.subarray(start, end).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
      return;
    }
    for (let next = start + 1; next < end; next++) {
      const row = order[next] as number;
      let index = next;
      for (; index > start && (times[order[index - 1] as number] as number) > (times[row] as number); index--)
        order[index] = order[index - 1] as number;
      order[index] = row;
    }
  }

  /** Compares the user and then the time of a row with those of a row of any page: negative if they come before. */
  compare(row: number, other: InteractionPage, otherRow: number): number {
    const difference = (this.#users[row] as number) - (other.#users[otherRow] as number);
    // The difference of two infinite times is no number.
    return difference || (this.#times[row] as number) - (other.#times[otherRow] as number) || 0;
  }
}

/** Returns the rows from 0 to `length - 1`. */
export function rowsFrom0(length: number): Uint32Array {
  const rows = new Uint32Array(length);
  for (let row = 0; row < length; row++) rows[row] = row;
  return rows;
}
