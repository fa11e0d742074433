import { LRUCache } from 'lru-cache';

/** In milliseconds. */
const minute = 60_000;
/** Bounds the memory. Beyond this number, the spenders that have not spent for the longest time get a new budget. */
const maxSpenders = 100_000;

/** Gives each spender a number of points per minute. A spender's minute begins when it first spends. */
export class MinuteBudget {
  readonly points: number;
  readonly #spent = new LRUCache<string, { points: number }>({
    // The option `max` would allocate memory for all spenders at once, which takes some 30 ms.
    maxSize: maxSpenders,
    sizeCalculation: () => 1,
    ttl: minute,
    // A resolution would start a timer nearly every millisecond.
    ttlResolution: 0,
  });

  constructor(points: number) {
    this.points = points;
  }

  /** Returns the points that a spender has left in its minute. */
  left(spender: string): number {
    return Math.max(0, this.points - (this.#spent.get(spender)?.points ?? 0));
  }

  /** Takes points in one synchronous step. Returns `false`, and takes none, if too few are left. */
  take(spender: string, points: number): boolean {
    const spent = this.#spent.get(spender);
    if (points > this.points - (spent?.points ?? 0)) return false;
    if (spent) spent.points += points;
    else this.#spent.set(spender, { points });
    return true;
  }

  /** Returns the milliseconds until the spender's minute ends. */
  endsIn(spender: string): number {
    return this.#spent.getRemainingTTL(spender);
  }
}
