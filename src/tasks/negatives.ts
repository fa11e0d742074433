import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Random } from './random.ts';
import { type Interactions, interactionsOf, type TrainingData } from './training-data.ts';

/** The items that negatives are drawn from. */
export interface NegativeSource {
  /** The number of items. */
  readonly items: number;
  readonly seen: SeenItems;
}

/** After this number of draws, the user has probably interacted with nearly every item of the task. */
const maxDraws = 100;

/**
 * Returns one of `candidates`, or of all items, that the user has not interacted with, or `undefined` if none is found.
 */
export function drawNegative(
  candidates: Int32Array | undefined,
  user: number,
  { items, seen }: NegativeSource,
  random: Random,
): number | undefined {
  for (let draw = 0; draw < maxDraws; draw++) {
    const index = uniformInt(random, 0, (candidates?.length ?? items) - 1);
    const item = candidates ? (candidates[index] as number) : index;
    if (!seen.has(user, item)) return item;
  }
  return undefined;
}

/** The interactions, and the number of users. */
type SeenData = Pick<TrainingData, 'tasks' | 'interactions' | 'ignored'> & {
  readonly users: Pick<TrainingData['users'], 'rows'>;
};

/**
 * The items that each user has interacted with or may have interacted with, ignored pairs included. They are no
 * negatives of that user.
 */
export class SeenItems {
  /** The items of user u are in `#items` from `#starts[u]` to before `#starts[u + 1]`, ascending. */
  readonly #starts: Int32Array;
  readonly #items: Int32Array;
  readonly #unknown: Interactions['unknown'];

  constructor(data: SeenData) {
    const interactions = interactionsOf(data);
    const all = data.ignored ? [interactions, data.ignored] : [interactions];
    const starts = new Int32Array(data.users.rows + 1);
    for (const { users } of all) for (const user of users) starts[user + 1] = (starts[user + 1] as number) + 1;
    for (let user = 0; user < data.users.rows; user++) {
      starts[user + 1] = (starts[user + 1] as number) + (starts[user] as number);
    }
    const next = starts.slice();
    const sorted = new Int32Array(starts.at(-1) as number);
    for (const { users, items } of all) {
      for (const [pair, user] of users.entries()) {
        const at = next[user] as number;
        sorted[at] = items[pair] as number;
        next[user] = at + 1;
      }
    }
    for (let user = 0; user < data.users.rows; user++) sorted.subarray(starts[user], starts[user + 1]).sort();
    this.#starts = starts;
    this.#items = sorted;
    this.#unknown = interactions.unknown;
  }

  has(user: number, item: number): boolean {
    if (this.#unknown?.users[user] && this.#unknown.items[item]) return true;
    let low = this.#starts[user] as number;
    let high = this.#starts[user + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#items[middle] as number;
      if (found === item) return true;
      if (found < item) low = middle + 1;
      else high = middle;
    }
    return false;
  }
}
