import { BestRows } from './best-rows.ts';

/** The rows that can be among the first `count` by their scores, of which only estimates are known. */
export class Contenders {
  /** The first rows by the lowest scores that they can have. */
  readonly #lowest: BestRows;
  readonly #rows: number[] = [];
  /** The highest score that each row can have. */
  readonly #highest: number[] = [];

  constructor(count: number) {
    this.#lowest = new BestRows(count);
  }

  /** Rows whose scores cannot reach it are not among the first. */
  get floor(): number {
    return this.#lowest.floor;
  }

  /** Offers a row whose score is at most `error` above or below the estimate. */
  offer(row: number, id: number, estimate: number, error: number): void {
    if (estimate + error < this.floor) return;
    this.#rows.push(row);
    this.#highest.push(estimate + error);
    if (estimate - error >= this.floor) this.#lowest.offer(row, id, estimate - error);
  }

  /** Returns the rows that can be among the first, in no order. */
  rows(): number[] {
    const { lowest } = this.#lowest;
    return this.#rows.filter((_, at) => (this.#highest[at] as number) >= lowest);
  }
}
