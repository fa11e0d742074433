import { WarmstartError } from '../common/errors.ts';
import type { WorkTime } from '../serving/serving-session.ts';

/** The client that waits for the answer to an operation. */
export interface WaitingClient {
  readonly isGone: boolean;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
}

/** One for all operations, because an error takes time to make. Nobody sees it. */
const answered = new WarmstartError('INTERRUPTED', 'the operation has been answered');

/**
 * The time in which an operation can work. It ends when the client is gone, when `seconds` have passed, or when the
 * operation has been answered. Most operations need neither the signal nor the promise, so these are made at their
 * first use.
 */
export class OperationTime implements WorkTime {
  readonly #client: WaitingClient;
  readonly #timer: NodeJS.Timeout;
  #over: WarmstartError | undefined;
  #untilOver: Promise<never> | undefined;
  #reject: (reason: unknown) => void = () => {};
  #controller: AbortController | undefined;

  constructor(client: WaitingClient, seconds: number) {
    this.#client = client;
    this.#timer = setTimeout(() => this.#pass(seconds), seconds * 1000);
  }

  /** Throws the reason when the time is over: UNAVAILABLE, or INTERRUPTED if nobody waits for the answer. */
  check(): void {
    if (this.#over) throw this.#over;
    if (this.#client.isGone) this.#client.gone.throwIfAborted();
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    this.#controller ??= this.#untilAborted();
    return this.#controller.signal;
  }

  /** Settles like `work`, or throws UNAVAILABLE when the seconds have passed. */
  within<T>(work: PromiseLike<T>): Promise<T> {
    this.#untilOver ??= new Promise((_resolve, reject) => {
      this.#reject = reject;
      if (this.#over) reject(this.#over);
    });
    return Promise.race([work, this.#untilOver]);
  }

  /** Call it when the operation has been answered. */
  end(): void {
    clearTimeout(this.#timer);
    this.#stop(answered);
  }

  #pass(seconds: number): void {
    const message = `the operation took longer than ${seconds} s; request less at once, or try again in a few seconds`;
    const error = new WarmstartError('UNAVAILABLE', message);
    this.#stop(error);
    this.#reject(error);
  }

  #stop(reason: WarmstartError): void {
    this.#over ??= reason;
    this.#controller?.abort(this.#over);
  }

  #untilAborted(): AbortController {
    const controller = new AbortController();
    const { gone } = this.#client;
    const abort = () => controller.abort(gone.reason);
    if (this.#over) controller.abort(this.#over);
    else if (gone.aborted) abort();
    else gone.addEventListener('abort', abort, { once: true });
    return controller;
  }
}
