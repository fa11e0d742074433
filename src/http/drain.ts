import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { RequestHandler, Response } from 'express';

/** How often connections that have become idle are looked for. */
const sweepMilliseconds = 100;

/** Ends a server without breaking off what it is doing. */
export class Drain {
  readonly #server: Server;
  readonly #underWay = new Set<Response>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Counts the requests that pass through it as under way until they are answered. */
  readonly watch: RequestHandler = (_request, response, next) => {
    this.#underWay.add(response);
    response.once('close', () => this.#underWay.delete(response));
    if (this.#draining) response.set('connection', 'close');
    next();
  };

  /**
   * Waits until all requests under way are answered, at most this long, and then closes all connections. Meanwhile the server goes on listening,
   * so that what comes can be told that nothing is taken up any more. Returns how many requests were broken off.
   */
  async drain(seconds: number): Promise<number> {
    this.#draining = true;
    for (const response of this.#underWay) if (!response.headersSent) response.set('connection', 'close');
    const end = performance.now() + seconds * 1000;
    for (;;) {
      this.#server.closeIdleConnections();
      const left = end - performance.now();
      if (this.#underWay.size === 0 || left <= 0) break;
      await setTimeout(Math.min(left, sweepMilliseconds));
    }
    const brokenOff = this.#underWay.size;
    await this.#close();
    return brokenOff;
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
