import type { Interactions } from './training-data.ts';

/** An index that finds the pairs of some items without visiting all others. */
export class PairsByItem {
  readonly #pairs: Pick<Interactions, 'users' | 'items'>;
  /** The pairs of item i are in `#indices` from `#starts[i]` to before `#starts[i + 1]`, ascending. */
  readonly #starts: Int32Array;
  readonly #indices: Int32Array;

  /** `items` is the number of items. */
  constructor(pairs: Pick<Interactions, 'users' | 'items'>, items: number) {
    const starts = new Int32Array(items + 1);
    for (const item of pairs.items) starts[item + 1] = (starts[item + 1] as number) + 1;
    for (let item = 0; item < items; item++) {
      starts[item + 1] = (starts[item + 1] as number) + (starts[item] as number);
    }
    const next = starts.slice();
    const indices = new Int32Array(pairs.items.length);
    for (const [pair, item] of pairs.items.entries()) {
      const at = next[item] as number;
      indices[at] = pair;
      next[item] = at + 1;
    }
    this.#pairs = pairs;
    this.#starts = starts;
    this.#indices = indices;
  }

  /** Returns the pairs of these distinct items that are wanted, in the original order of the pairs. */
  of(
    items: Int32Array,
    isWanted: (pair: number) => boolean = () => true,
  ): { readonly users: Int32Array; readonly items: Int32Array } {
    const [starts, indices] = [this.#starts, this.#indices];
    const count = items.reduce((sum, item) => sum + (starts[item + 1] as number) - (starts[item] as number), 0);
    const found = new Int32Array(count);
    let start = 0;
    for (const item of items) {
      const part = indices.subarray(starts[item], starts[item + 1]);
      found.set(part, start);
      start += part.length;
    }
    const wanted = found.filter(isWanted).sort();
    const { users, items: all } = this.#pairs;
    return {
      users: wanted.map((pair) => users[pair] as number),
      items: wanted.map((pair) => all[pair] as number),
    };
  }
}
