import type { EventEmitter } from 'node:events';
import { WarmstartError } from '../common/errors.ts';
import { Patience } from './patience.ts';
import { RunningLimit, type RunningLimitOptions } from './running-limit.ts';

/** UNAVAILABLE for a request that would have waited for too long. */
export class OverloadError extends WarmstartError {
  constructor() {
    super('UNAVAILABLE', 'the server has more requests than it can answer; try again in a few seconds');
  }
}

/** Why a request was refused: too many were in progress, or it would have waited for too long. */
export type ShedCause = 'requests' | 'delay';

export interface WaitingRoomOptions {
  /** Maximum number of requests whose body is read, that wait or that run. */
  readonly maxInProgress: number;
  /** How many requests run at a time. Default: 4, and up to as many as there are connections to the database. */
  readonly running?: RunningLimitOptions;
  /**
   * How long a request counts as running. One that takes longer waits for the database, or computes in small parts, and
   * must not keep the others waiting.
   */
  readonly runningMilliseconds?: number;
  /** Called for each refused request. */
  readonly shed: (cause: ShedCause) => void;
}

const usuallyRunning = { least: 4, most: 10 };
/** This many may wait, however long a request takes. */
const minWaiting = 5;
/** The weight of the latest request in the mean time between two requests that end. A single pause must say little. */
const weight = 0.02;

interface Waiting {
  /** When it began to wait. */
  readonly since: number;
  /** Whether nobody waits for the answer any more. */
  readonly isGone: () => boolean;
  readonly enter: (leave: (() => void) | undefined) => void;
}

/**
 * Lets few requests run at a time, in the order in which they came, and refuses those that would wait for longer than
 * `Patience` allows. The expected time to wait is the number of requests that wait, times the mean time between two that
 * end.
 *
 * Requests begin after all data that has arrived has been read, so that the number of requests that wait is known
 * before the next one runs.
 */
export class WaitingRoom {
  readonly #maxInProgress: number;
  readonly #limit: RunningLimit;
  readonly #runningMilliseconds: number;
  readonly #shed: (cause: ShedCause) => void;
  readonly #patience = new Patience();
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #inProgress = 0;
  #willAdmit = false;
  /** Whether requests wait for others to end: what comes at once is not known to wait yet. */
  #isFull = false;
  /** When the last request ended, while others waited. */
  #lastEnd: number | undefined;
  #meanMilliseconds = 1;

  constructor({ maxInProgress, running = usuallyRunning, runningMilliseconds = 1000, shed }: WaitingRoomOptions) {
    this.#maxInProgress = maxInProgress;
    this.#limit = new RunningLimit(running);
    this.#runningMilliseconds = runningMilliseconds;
    this.#shed = shed;
  }

  /**
   * Counts a request as in progress until its response is closed. Throws an `OverloadError` if there are too many, or if
   * it would wait for too long.
   */
  enter(response: Pick<EventEmitter, 'once'>): void {
    if (this.#inProgress >= this.#maxInProgress) this.#refuse('requests');
    this.#checkDelay();
    this.#inProgress++;
    response.once('close', () => this.#inProgress--);
  }

  /**
   * Runs `work` when its turn comes; never if nobody waits for it by then. Throws an `OverloadError` if it would wait
   * for too long.
   */
  async run(work: () => Promise<void>, isGone: () => boolean): Promise<void> {
    this.#checkDelay();
    const leave = await this.#turn(isGone);
    if (leave) await work().finally(leave);
  }

  /** Resolves when a request may run, with the function to call at its end; with nothing if its client is gone. */
  #turn(isGone: () => boolean): Promise<(() => void) | undefined> {
    return new Promise((enter) => {
      this.#waiting.push({ since: performance.now(), isGone, enter });
      this.#admitSoon();
    });
  }

  #checkDelay(): void {
    const ahead = this.#waiting.length;
    if (!this.#isFull || ahead < minWaiting) return;
    if (ahead * this.#meanMilliseconds > this.#patience.milliseconds) this.#refuse('delay');
  }

  #refuse(cause: ShedCause): never {
    this.#shed(cause);
    throw new OverloadError();
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
    while (this.#running < this.#limit.requests) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#patience.waited(performance.now() - next.since);
      next.enter(next.isGone() ? undefined : this.#start());
    }
    this.#isFull = this.#waiting.length > 0;
    if (this.#isFull) return;
    this.#patience.waited(0);
    this.#lastEnd = undefined;
  }

  #start(): () => void {
    this.#running++;
    let runs = true;
    const free = () => {
      if (!runs) return;
      runs = false;
      this.#running--;
      if (!this.#isFull) return;
      this.#measure();
      this.#admitSoon();
    };
    const timer = setTimeout(free, this.#runningMilliseconds).unref();
    return () => {
      clearTimeout(timer);
      free();
    };
  }

  /** While requests wait, the time between two ends is the time that each adds to the wait of those behind it. */
  #measure(): void {
    const now = performance.now();
    if (this.#lastEnd !== undefined) this.#meanMilliseconds += weight * (now - this.#lastEnd - this.#meanMilliseconds);
    this.#lastEnd = now;
    this.#limit.ended();
  }
}
