/** Maximum time to wait, in milliseconds, when requests have hardly had to wait lately: after a burst, or a pause. */
const maxWait = 1000;
/** Maximum time to wait when they have had to for long: in an overload. */
const minWait = 10;
/** A request that waits for longer than this, in milliseconds, has had to wait. */
const longWait = 20;
/** Requests that have had to wait for this time, in milliseconds, are in an overload. */
const maxCongested = 3000;

/**
 * Says how long requests may wait: the longer they have had to wait lately, the shorter they may. The time in which
 * requests had to wait counts up, and the time in which they had not counts down.
 *
 * What has come together in a pause or in a burst is worked off within a second or so if the server is fast enough for
 * the rate of requests, and may wait until then. If it is not, requests have to wait all the time; waiting for longer
 * would make every answer late, and no more of them. A switch, as CoDel (RFC 8289) has, would go off and on again at
 * every little pause of the requests.
 */
export class Patience {
  #congested = 0;
  #isCongested = false;
  #at = performance.now();

  /** The time that a request may wait, in milliseconds. */
  get milliseconds(): number {
    return maxWait - ((maxWait - minWait) * this.#congested) / maxCongested;
  }

  /** Call it with the time that a request has waited, in milliseconds, when it begins; with 0 when none waits any more. */
  waited(milliseconds: number): void {
    const now = performance.now();
    const passed = now - this.#at;
    this.#congested = Math.min(maxCongested, Math.max(0, this.#congested + (this.#isCongested ? passed : -passed)));
    this.#isCongested = milliseconds > longWait;
    this.#at = now;
  }
}
