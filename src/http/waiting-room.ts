import { WarmstartError } from '../common/errors.ts';

/** UNAVAILABLE for a request that would have waited for too long. */
export class OverloadError extends WarmstartError {
  constructor() {
    super('UNAVAILABLE', 'the server has more requests than it can answer; try again in a few seconds');
  }
}

/** Why a request was refused: too many were in progress, or it would have waited for too long. */
export type ShedCause = 'requests' | 'delay';

export interface WaitingRoomOptions {
  /** Maximum number of requests that wait or run. */
  readonly maxInProgress: number;
  /** Maximum number of requests that run. Default: as many as there are connections to the database. */
  readonly maxRunning?: number;
  /**
   * How long a request counts as running. One that takes longer waits for the database, or computes in small parts, and
   * must not keep the others waiting.
   */
  readonly runningMilliseconds?: number;
  /** Called for each refused request. */
  readonly shed: (cause: ShedCause) => void;
}

/** Maximum time to wait, in milliseconds, while the requests that wait become fewer: after a burst, or a pause. */
const maxWaitAfterBurst = 500;
/** Maximum time to wait once they have not become fewer within `windowMilliseconds`, until none waits any more. */
const maxWaitInOverload = 20;
const windowMilliseconds = 50;
/** This many may wait, however long a request takes. */
const minWaiting = 5;
/** The weight of the latest request in the mean time between two requests that end. */
const weight = 0.1;

interface Waiting {
  /** Whether nobody waits for the answer any more. */
  readonly isGone: () => boolean;
  readonly enter: (leave: (() => void) | undefined) => void;
}

/** While requests wait for others to end. */
interface Full {
  /** When the present window began, and how many requests waited then. */
  since: number;
  ahead: number;
  overloaded: boolean;
}

/**
 * Lets few requests run at a time, in the order in which they came, and refuses those that would wait for too long.
 * What came in a burst may wait for longer. In an overload, in which requests keep coming faster than they end, longer
 * waiting would make every answer late and no more of them (the idea of CoDel, RFC 8289). The expected time to wait is
 * the number of requests that wait, times the mean time between two that end.
 *
 * Requests begin after all data that has arrived has been read, so that the number of requests that wait is known
 * before the next one runs.
 */
export class WaitingRoom {
  readonly #maxInProgress: number;
  readonly #maxRunning: number;
  readonly #runningMilliseconds: number;
  readonly #shed: (cause: ShedCause) => void;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #inProgress = 0;
  #willAdmit = false;
  #full: Full | undefined;
  /** When the last request ended, while others waited. */
  #lastEnd: number | undefined;
  #meanMilliseconds = 1;

  constructor({ maxInProgress, maxRunning = 10, runningMilliseconds = 1000, shed }: WaitingRoomOptions) {
    this.#maxInProgress = maxInProgress;
    this.#maxRunning = maxRunning;
    this.#runningMilliseconds = runningMilliseconds;
    this.#shed = shed;
  }

  /** Throws an `OverloadError` if a request that came now would be refused. */
  check(): void {
    const cause = this.#causeToShed();
    if (cause === undefined) return;
    this.#shed(cause);
    throw new OverloadError();
  }

  /**
   * Runs `work` when its turn comes; never if nobody waits for it by then. Throws an `OverloadError` as `check` does.
   */
  async run(work: () => Promise<void>, isGone: () => boolean): Promise<void> {
    this.check();
    this.#inProgress++;
    try {
      const leave = await this.#turn(isGone);
      if (leave) await work().finally(leave);
    } finally {
      this.#inProgress--;
    }
  }

  /** Resolves when a request may run, with the function to call at its end; with nothing if its client is gone. */
  #turn(isGone: () => boolean): Promise<(() => void) | undefined> {
    return new Promise((enter) => {
      this.#waiting.push({ isGone, enter });
      this.#admitSoon();
    });
  }

  #causeToShed(): ShedCause | undefined {
    if (this.#inProgress >= this.#maxInProgress) return 'requests';
    // What comes at once is not known to wait yet.
    if (this.#full === undefined) return undefined;
    const ahead = this.#ahead();
    const maxWait = this.#isOverloaded(this.#full, ahead) ? maxWaitInOverload : maxWaitAfterBurst;
    return ahead >= minWaiting && ahead * this.#meanMilliseconds > maxWait ? 'delay' : undefined;
  }

  /** The number of requests that wait for others to end. */
  #ahead(): number {
    return this.#waiting.length + this.#running - this.#maxRunning;
  }

  #isOverloaded(full: Full, ahead: number): boolean {
    const now = performance.now();
    if (full.overloaded || now - full.since < windowMilliseconds) return full.overloaded;
    full.overloaded = ahead >= full.ahead;
    full.since = now;
    full.ahead = ahead;
    return full.overloaded;
  }

  #admitSoon(): void {
    if (this.#willAdmit) return;
    this.#willAdmit = true;
    setImmediate(() => {
      this.#willAdmit = false;
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#running < this.#maxRunning) {
      const next = this.#waiting.shift();
      if (!next) break;
      next.enter(next.isGone() ? undefined : this.#start());
    }
    if (this.#waiting.length === 0) {
      this.#full = undefined;
      this.#lastEnd = undefined;
    } else this.#full ??= { since: performance.now(), ahead: this.#ahead(), overloaded: false };
  }

  #start(): () => void {
    this.#running++;
    let runs = true;
    const free = () => {
      if (!runs) return;
      runs = false;
      this.#running--;
      if (this.#waiting.length > 0) this.#admitSoon();
    };
    const timer = setTimeout(free, this.#runningMilliseconds).unref();
    return () => {
      clearTimeout(timer);
      this.#measure();
      free();
    };
  }

  /** While requests wait, the time between two ends is the time that each adds to the wait of those behind it. */
  #measure(): void {
    if (!this.#full) return;
    const now = performance.now();
    if (this.#lastEnd !== undefined) this.#meanMilliseconds += weight * (now - this.#lastEnd - this.#meanMilliseconds);
    this.#lastEnd = now;
  }
}
