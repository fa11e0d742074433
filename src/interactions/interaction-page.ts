import type { KnownInteraction } from './known-interactions.ts';

/** Two numbers of 8 bytes, three IDs of 4 bytes and a type. */
const bytesPerRow = 29;

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

  /** Compares the user and then the time of a row with those of a row of any page: negative if they come before. */
  compare(row: number, other: InteractionPage, otherRow: number): number {
    const difference = (this.#users[row] as number) - (other.#users[otherRow] as number);
    // The difference of two infinite times is no number.
    return difference || (this.#times[row] as number) - (other.#times[otherRow] as number) || 0;
  }
}
