export interface RunningLimitOptions {
  /** The limit while the event loop has no idle time. */
  readonly least: number;
  readonly most: number;
  /** Returns for how long the event loop has been idle so far, in milliseconds. Default: of this thread. */
  readonly idle?: () => number;
}

/** The limit goes up by 1 if the event loop was idle, and down by this if it was not: so it is idle 1 time in 11. */
const down = 0.1;

/**
 * How many requests run at a time: as few as keep the event loop busy. More would only share its time, and all of them
 * would take longer. The slower the database is, the more requests wait for it while others compute.
 */
export class RunningLimit {
  readonly #least: number;
  readonly #most: number;
  readonly #idle: () => number;
  #limit: number;
  #lastIdle: number;

  constructor({ least, most, idle = idleOfEventLoop }: RunningLimitOptions) {
    this.#least = least;
    this.#most = most;
    this.#idle = idle;
    this.#limit = least;
    this.#lastIdle = idle();
  }

  get requests(): number {
    return Math.floor(this.#limit);
  }

  /** Call it when a request has ended while others wait. */
  ended(): void {
    const idle = this.#idle();
    this.#limit =
      idle > this.#lastIdle ? Math.min(this.#most, this.#limit + 1) : Math.max(this.#least, this.#limit - down);
    this.#lastIdle = idle;
  }
}

function idleOfEventLoop(): number {
  return performance.eventLoopUtilization().idle;
}
