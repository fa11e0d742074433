/** Milliseconds before a process is started again after it ended; the pause doubles from the first value to the last. */
const pauses = { first: 1000, last: 10_000 };
/** A process that ran for this long is considered healthy, and its next pause is the first one again. */
const healthyAfterMilliseconds = 60_000;

/** Chooses how long to wait before a process is started again, so that one that always fails does not keep a core busy. */
export class RestartPause {
  #next = pauses.first;

  /** Returns the milliseconds to wait after the process ended, which had run for `ranFor` milliseconds. */
  after(ranFor: number): number {
    const pause = ranFor > healthyAfterMilliseconds ? pauses.first : this.#next;
    this.#next = Math.min(2 * pause, pauses.last);
    return pause;
  }
}
