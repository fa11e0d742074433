import { withRoomFor } from './growable.ts';
import { Moments } from './moments.ts';

/** When the item of a row is available. Times are in milliseconds since 1970; `null` or absent: no such limit. */
export interface RowAvailability {
  readonly available: boolean;
  readonly from?: number | null | undefined;
  readonly until?: number | null | undefined;
}

/** Marks the rows of the items that are available now, and changes the marks when the time has come. */
export class AvailableRows {
  readonly #now: () => number;
  readonly #moments = new Moments();
  #marks = new Uint8Array();
  /** 1 for each row that is available between its times. */
  #switchedOn = new Uint8Array();
  /** NaN without a time. */
  #from = new Float64Array();
  #until = new Float64Array();

  /** `now` returns the time, in milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Returns a mark for each row: 1 for each item that is available now. It costs only what has changed since. */
  get marks(): Uint8Array {
    const now = this.#now();
    for (let row = this.#moments.takeDue(now); row !== undefined; row = this.#moments.takeDue(now))
      this.#mark(row, now);
    return this.#marks;
  }

  set(row: number, { available, from, until }: RowAvailability): void {
    this.#marks = withRoomFor(this.#marks, row);
    this.#switchedOn = withRoomFor(this.#switchedOn, row);
    this.#from = withRoomFor(this.#from, row);
    this.#until = withRoomFor(this.#until, row);
    this.#switchedOn[row] = available ? 1 : 0;
    this.#from[row] = from ?? Number.NaN;
    this.#until[row] = until ?? Number.NaN;
    this.#mark(row, this.#now());
  }

  /** Makes a row unavailable until it is set again. */
  switchOff(row: number): void {
    this.#switchedOn[row] = 0;
    this.#mark(row, this.#now());
  }

  /** Whether a row was set to this. */
  has(row: number, { available, from, until }: RowAvailability): boolean {
    return (
      this.isSwitchedOn(row) === available &&
      Object.is(this.#from[row], from ?? Number.NaN) &&
      Object.is(this.#until[row], until ?? Number.NaN)
    );
  }

  isSwitchedOn(row: number): boolean {
    return this.#switchedOn[row] === 1;
  }

  from(row: number): Date | null {
    return dateOf(this.#from[row] as number);
  }

  until(row: number): Date | null {
    return dateOf(this.#until[row] as number);
  }

  /** A comparison with NaN is false. */
  #mark(row: number, now: number): void {
    const [from, until] = [this.#from[row] as number, this.#until[row] as number];
    const isOver = until <= now;
    const isAhead = from > now;
    const isOn = this.#switchedOn[row] === 1;
    this.#marks[row] = isOn && !isAhead && !isOver ? 1 : 0;
    const next = isAhead ? from : until;
    this.#moments.set(row, isOn && !isOver && !Number.isNaN(next) ? next : Number.POSITIVE_INFINITY);
  }
}

function dateOf(time: number): Date | null {
  return Number.isNaN(time) ? null : new Date(time);
}
