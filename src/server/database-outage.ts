import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, sql } from '../store/database.ts';

/** How long to wait before the database is asked again whether it is well. */
const askAgainMilliseconds = 1000;

/** Tells the operator once that the database went away, however many requests find so, and once that it is back. */
export class DatabaseOutage {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  #since: number | undefined;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Somebody met an error of the database's connection. */
  noticed(error: unknown): void {
    if (this.#since !== undefined || this.#closed.signal.aborted) return;
    this.#since = performance.now();
    // Prisma says in lines of their own what was called.
    const reason = (error as Error).message.trim().split('\n').at(-1);
    this.#logger.error({ reason }, 'the database does not answer; requests that need it are UNAVAILABLE');
    void this.#untilWell(this.#since);
  }

  /** Ends the watch. */
  close(): void {
    this.#closed.abort();
  }

  async #untilWell(since: number): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await setTimeout(askAgainMilliseconds, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted || !(await this.#answers())) continue;
      const seconds = Math.round((performance.now() - since) / 1000);
      this.#since = undefined;
      this.#logger.info({ seconds }, 'the database answers again');
      return;
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#database.$queryRaw(sql`SELECT 1`);
      return true;
    } catch {
      return false;
    }
  }
}
