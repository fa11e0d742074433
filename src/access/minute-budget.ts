import { LRUCache } from 'lru-cache';

/** In milliseconds. */
const minute = 60_000;
/** Of more, those that spent longest ago begin anew: what is remembered has a bound, whoever comes. */
const maxSpenders = 100_000;

/** So many points for each of many spenders in a minute, which begins with the first that they spend. */
export class MinuteBudget {
  readonly points: number;
  readonly #spent = new LRUCache<string, { points: number }>({ max: maxSpenders, ttl: minute });

  constructor(points: number) {
    this.points = points;
  }

  /** How many points a spender has left. */
  left(spender: string): number {
    return Math.max(0, this.points - (this.#spent.get(spender)?.points ?? 0));
  }

  /** Takes points at once; gives `false`, and takes none, when there are not as many. */
  take(spender: string, points: number): boolean {
    if (points > this.left(spender)) return false;
    const spent = this.#spent.get(spender);
    if (spent) spent.points += points;
    else this.#spent.set(spender, { points });
    return true;
  }

  /** In milliseconds, until the spender's minute is over. */
  endsIn(spender: string): number {
    return this.#spent.getRemainingTTL(spender);
  }
}
