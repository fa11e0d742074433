/**
 * Things that come and go, such as requests. A Set would keep them in memory until the next collection of the whole
 * heap: when it makes room, V8 links its old table to the new one, so a table that has become old keeps alive all that
 * come after it, with what is in them.
 */
export class Slots<T extends object> {
  readonly #slots: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** Returns the slot of the thing, for `remove`. */
  add(thing: T): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = thing;
    return slot;
  }

  /** Call it once for each thing. */
  remove(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  values(): T[] {
    return this.#slots.filter((thing) => thing !== undefined);
  }
}
