/** An interaction of a dataset. `user`, `item` and `scenario` are rows. */
export interface TimedInteraction {
  readonly user: number;
  readonly item: number;
  /** See `typeIndex`. */
  readonly type: number;
  readonly value: number;
  readonly time: Date | null;
  /** The scenario that it names, −1 for none. */
  readonly scenario: number;
}

/** Interactions in parallel arrays. Times are in milliseconds since 1970, and infinite for one without a time. */
export interface TimedInteractions {
  readonly users: Int32Array<ArrayBuffer>;
  readonly items: Int32Array<ArrayBuffer>;
  readonly scenarios: Int32Array<ArrayBuffer>;
  readonly types: Uint8Array<ArrayBuffer>;
  readonly values: Float32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
}

const firstLength = 1024;

/** Collects interactions in typed arrays, with 25 bytes for each, and sorts them. */
export class InteractionColumns {
  #length = 0;
  #timed = false;
  #users = new Int32Array(firstLength);
  #items = new Int32Array(firstLength);
  #scenarios = new Int32Array(firstLength);
  #types = new Uint8Array(firstLength);
  #values = new Float32Array(firstLength);
  /** Milliseconds since 1970. An interaction without a time comes last. */
  #times = new Float64Array(firstLength);

  add({ user, item, type, value, time, scenario }: TimedInteraction): void {
    const row = this.#length++;
    if (row === this.#users.length) this.#grow();
    this.#users[row] = user;
    this.#items[row] = item;
    this.#scenarios[row] = scenario;
    this.#types[row] = type;
    this.#values[row] = value;
    this.#times[row] = time?.getTime() ?? Infinity;
    this.#timed ||= time !== null;
  }

  /**
   * Returns the interactions by user, in the order in which the users were added first, and of each user in the order of
   * time. Those with the same time, or without any, keep their order. If none has a time, all keep their order.
   */
  inTime(): TimedInteractions {
    const order = this.#order();
    return {
      users: Int32Array.from(order, (row) => this.#users[row] as number),
      items: Int32Array.from(order, (row) => this.#items[row] as number),
      scenarios: Int32Array.from(order, (row) => this.#scenarios[row] as number),
      types: Uint8Array.from(order, (row) => this.#types[row] as number),
      values: Float32Array.from(order, (row) => this.#values[row] as number),
      times: Float64Array.from(order, (row) => this.#times[row] as number),
    };
  }

  #order(): Uint32Array {
    const order = new Uint32Array(this.#length);
    if (!this.#timed) return order.map((_, row) => row);
    const ends = this.#endsOfUsers();
    const next = new Map(ends.map(({ user, start }) => [user, start]));
    for (let row = 0; row < this.#length; row++) {
      const user = this.#users[row] as number;
      const place = next.get(user) as number;
      order[place] = row;
      next.set(user, place + 1);
    }
    const times = this.#times;
    // The difference of two infinite times is no number.
    const earlier = (a: number, b: number) => (times[a] as number) - (times[b] as number) || a - b;
    for (const { start, end } of ends) order.subarray(start, end).sort(earlier);
    return order;
  }

  /** Returns where each user's interactions start and end when they are put together. */
  #endsOfUsers(): { readonly user: number; readonly start: number; readonly end: number }[] {
    const counts = new Map<number, number>();
    for (const user of this.#users.subarray(0, this.#length)) counts.set(user, (counts.get(user) ?? 0) + 1);
    let end = 0;
    return [...counts].map(([user, count]) => {
      const start = end;
      end += count;
      return { user, start, end };
    });
  }

  #grow(): void {
    this.#users = grown(this.#users);
    this.#items = grown(this.#items);
    this.#scenarios = grown(this.#scenarios);
    this.#types = grown(this.#types);
    this.#values = grown(this.#values);
    this.#times = grown(this.#times);
  }
}

function grown<T extends Int32Array | Uint8Array | Float32Array | Float64Array>(array: T): T {
  const copy = new (array.constructor as new (length: number) => T)(2 * array.length);
  copy.set(array);
  return copy;
}
