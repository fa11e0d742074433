/** The longest list that is measured. */
const maxLength = 100;

/**
 * The first rows by descending scores. Rows with the score −Infinity are not ranked.
 *
 * Rows with equal scores share the places that they fill together: each measure is its expected value over all their
 * orders (McSherry and Najork, ECIR 2008). A model that cannot distinguish items is therefore neither favored nor
 * punished by the order of the rows.
 */
export class RankedList {
  /** The first 100 rows, or fewer if fewer are ranked. Equal scores are ordered by row. */
  readonly rows: Int32Array;
  readonly #scores: Float32Array;
  /** The number of ranked rows, in the list or not, that have the lowest score in the list. */
  readonly #lowestTied: number;

  constructor(scores: Float32Array) {
    this.#scores = scores;
    this.rows = firstRows(scores, maxLength);
    const lowest = this.#lowest;
    this.#lowestTied = scores.reduce((count, score) => count + (score === lowest ? 1 : 0), 0);
  }

  /** Returns Recall@N: the relevant rows among the first `n`, as a share of the most that can be there. */
  recall(relevant: Int32Array, n: number): number {
    return this.#sum(relevant, (rank) => Math.min(rank, n)) / Math.min(n, relevant.length);
  }

  /** Returns NDCG@N with the gain 1 for each relevant row and the discount 1 / log2(r + 1) at rank r. */
  normalizedGain(relevant: Int32Array, n: number): number {
    const gainTo = (rank: number) => gains[Math.min(rank, n)] as number;
    return this.#sum(relevant, gainTo) / gainTo(relevant.length);
  }

  /** Sums the expected weights of the relevant rows. `weightTo(r)` is the weight of the ranks 1 to r together. */
  #sum(relevant: Int32Array, weightTo: (rank: number) => number): number {
    let sum = 0;
    for (const row of relevant) {
      const score = this.#scores[row] as number;
      if (score < this.#lowest) continue;
      const { above, tied } = this.#placesOf(score);
      sum += (weightTo(above + tied) - weightTo(above)) / tied;
    }
    return sum;
  }

  /** Returns how many rows have a higher score, and how many have this one. */
  #placesOf(score: number): { above: number; tied: number } {
    const at = (place: number) => this.#scores[this.rows[place] as number] as number;
    let above = 0;
    while (at(above) > score) above += 1;
    if (score === this.#lowest) return { above, tied: this.#lowestTied };
    let end = above;
    while (at(end) === score) end += 1;
    return { above, tied: end - above };
  }

  /** The lowest score in the list. Infinity if nothing is ranked. */
  get #lowest(): number {
    return this.#scores[this.rows.at(-1) ?? -1] ?? Infinity;
  }
}

/** The discounted gain of relevant rows at all ranks from 1 to the index. */
const gains = [0];
for (let rank = 1; rank <= maxLength; rank++) gains.push((gains.at(-1) as number) + 1 / Math.log2(rank + 1));

/** Returns the `n` rows with the highest scores in one pass, which is faster than sorting all rows. */
function firstRows(scores: Float32Array, n: number): Int32Array {
  const rows = new Int32Array(n);
  let count = 0;
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] as number;
    if (score === -Infinity || (count === n && score <= (scores[rows[n - 1] as number] as number))) continue;
    let place = count < n ? count++ : n - 1;
    for (; place > 0 && (scores[rows[place - 1] as number] as number) < score; place--) {
      rows[place] = rows[place - 1] as number;
    }
    rows[place] = row;
  }
  return rows.subarray(0, count);
}
