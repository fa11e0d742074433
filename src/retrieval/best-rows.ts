/** Rows with their scores, best first. */
export interface FoundRows {
  readonly rows: Int32Array;
  readonly scores: Float64Array;
}

/** A place in the order of all items: by descending score, then by ascending ID. */
export interface Place {
  readonly score: number;
  readonly id: number;
}

/** Returns whether `a` comes before `b`. */
export function isBefore(a: Place, b: Place): boolean {
  return a.score > b.score || (a.score === b.score && a.id < b.id);
}

/**
 * The first `count` of the rows that are offered one by one, in the order of places. It keeps up to four times as many,
 * so that cutting off the rest takes constant time per row.
 */
export class BestRows {
  readonly #count: number;
  readonly #rows: Int32Array;
  readonly #ids: Int32Array;
  readonly #scores: Float64Array;
  #size = 0;
  /** Rows with lower scores are not among the first. */
  floor = -Infinity;

  constructor(count: number) {
    this.#count = count;
    const room = 4 * count;
    this.#rows = new Int32Array(room);
    this.#ids = new Int32Array(room);
    this.#scores = new Float64Array(room);
  }

  /** Callers can leave out rows whose scores are below `floor`. */
  offer(row: number, id: number, score: number): void {
    if (this.#count === 0) return;
    this.#rows[this.#size] = row;
    this.#ids[this.#size] = id;
    this.#scores[this.#size] = score;
    this.#size++;
    if (this.#size === this.#rows.length) this.#cut();
  }

  /** The score of the last of the first rows; −∞ if none had to be left out. */
  get lowest(): number {
    if (this.#size > this.#count) this.#cut();
    return this.floor;
  }

  /** Returns the first rows in order. */
  found(): FoundRows {
    if (this.#size > this.#count) this.#cut();
    const order = Int32Array.from({ length: this.#size }, (_, at) => at).sort((a, b) =>
      isBefore(this.#placeOf(a), this.#placeOf(b)) ? -1 : 1,
    );
    return { rows: order.map((at) => this.#rows[at]!), scores: Float64Array.from(order, (at) => this.#scores[at]!) };
  }

  /** Moves the first `count` places to the front, by Hoare's selection, and forgets the others. */
  #cut(): void {
    let [left, right] = [0, this.#size - 1];
    const last = this.#count - 1;
    while (left < right) {
      const pivot = this.#placeOf((left + right) >> 1);
      let [from, to] = [left, right];
      while (from <= to) {
        while (this.#isBefore(from, pivot)) from++;
        while (this.#isAfter(to, pivot)) to--;
        if (from <= to) this.#swap(from++, to--);
      }
      if (last <= to) right = to;
      else if (last >= from) left = from;
      else break;
    }
    this.#size = this.#count;
    this.floor = this.#scores[last]!;
  }

  #placeOf(at: number): Place {
    return { score: this.#scores[at]!, id: this.#ids[at]! };
  }

  #isBefore(at: number, { score, id }: Place): boolean {
    const own = this.#scores[at]!;
    return own > score || (own === score && this.#ids[at]! < id);
  }

  #isAfter(at: number, { score, id }: Place): boolean {
    const own = this.#scores[at]!;
    return own < score || (own === score && this.#ids[at]! > id);
  }

  // A loop over the arrays would be slow: they are of different types.
  #swap(a: number, b: number): void {
    const [row, id, score] = [this.#rows[a]!, this.#ids[a]!, this.#scores[a]!];
    this.#rows[a] = this.#rows[b]!;
    this.#ids[a] = this.#ids[b]!;
    this.#scores[a] = this.#scores[b]!;
    this.#rows[b] = row;
    this.#ids[b] = id;
    this.#scores[b] = score;
  }
}
