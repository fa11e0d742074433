import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, sql } from '../store/database.ts';

/** Pause between two checks whether the database answers again. */
const checkMilliseconds = 1000;

/** Logs once that the database does not answer, however many requests fail, and once that it answers again. */
export class DatabaseOutage {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  #since: number | undefined;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Call it with every connection error of the database. */
  noticed(error: unknown): void {
    if (this.#since !== undefined || this.#closed.signal.aborted) return;
    this.#since = performance.now();
    // In a message of Prisma, the lines before the last show the call.
    const reason = (error as Error).message.trim().split('\n').at(-1);
    this.#logger.error({ reason }, 'the database does not answer; requests that need it are UNAVAILABLE');
    void this.#waitUntilBack(this.#since);
  }

  /** Stops checking. */
  close(): void {
    this.#closed.abort();
  }

  async #waitUntilBack(since: number): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await setTimeout(checkMilliseconds, undefined, { signal, ref: false }).catch(() => {});
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
