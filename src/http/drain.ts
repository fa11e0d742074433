import type { Server, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { Slots } from './slots.ts';

/** How often connections that have become idle are closed. */
const sweepMilliseconds = 100;

/** Stops a server without aborting the requests in progress. */
export class Drain {
  readonly #server: Server;
  readonly #inProgress = new Slots<ServerResponse>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Counts a request as in progress until its response is closed. */
  watch(response: ServerResponse): void {
    const slot = this.#inProgress.add(response);
    response.once('close', () => this.#inProgress.remove(slot));
    if (this.#draining) response.setHeader('connection', 'close');
  }

  /**
   * Waits until all requests in progress are answered, for at most `seconds`, and then closes all connections. Until
   * then the server keeps listening, so that it can refuse new requests with a status. Returns the number of requests
   * that were aborted.
   */
  async drain(seconds: number): Promise<number> {
    this.#draining = true;
    for (const response of this.#inProgress.values())
      if (!response.headersSent) response.setHeader('connection', 'close');
    const end = performance.now() + seconds * 1000;
    for (;;) {
      this.#server.closeIdleConnections();
      const left = end - performance.now();
      if (this.#inProgress.size === 0 || left <= 0) break;
      await setTimeout(Math.min(left, sweepMilliseconds));
    }
    const aborted = this.#inProgress.size;
    await this.#close();
    return aborted;
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
