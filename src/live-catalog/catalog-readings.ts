import { answerWithin } from '../store/answer-within.ts';

/** After this time, a reading counts as one that the database does not answer. */
const longReadingMilliseconds = 5000;
/** Maximum time, from a write of this server, for which lists wait for it. */
const maxWaitMilliseconds = 1000;

/** When the change log is read: one reading at a time, shared by all that need what was stored before it began. */
export class CatalogReadings {
  readonly #read: () => Promise<void>;
  // How many writes of this server were noted, are being read, and are in memory.
  #noted = 0;
  #beingRead = 0;
  #inMemory = 0;
  #notedAt = 0;
  #failed = false;
  #readingSince = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  /** Whether recent changes may be missing: the last reading failed or has been running for seconds. */
  get areLate(): boolean {
    return (
      this.#failed ||
      performance.now() - this.#readingSince > longReadingMilliseconds ||
      (this.#inMemory < this.#noted && this.#waitLeft() <= 0)
    );
  }

  /** Notes that this server has just stored something, so that `upToDate` waits for it. */
  noteWrite(): void {
    this.#noted++;
    this.#notedAt = performance.now();
  }

  /**
   * Waits until everything is in memory that this server has stored, also if that is being read already, but not longer
   * than a second after it was stored. Does not throw.
   */
  async upToDate(): Promise<void> {
    const left = this.#waitLeft();
    if (this.#inMemory === this.#noted || left <= 0) return;
    const reading = this.#beingRead === this.#noted ? this.#running : undefined;
    // A timer can fire a millisecond early.
    await answerWithin(Math.ceil(left) + 1, reading ?? this.catchUp()).catch(() => {});
  }

  /** Reads what has changed. Calls at about the same time share a reading, which begins after each of them. */
  catchUp(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#readOnce().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        return this.catchUp();
      });
    return this.#queued;
  }

  #waitLeft(): number {
    return this.#notedAt + maxWaitMilliseconds - performance.now();
  }

  async #readOnce(): Promise<void> {
    this.#readingSince = performance.now();
    this.#beingRead = this.#noted;
    try {
      await this.#read();
      this.#failed = false;
      this.#inMemory = this.#beingRead;
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      this.#readingSince = Number.POSITIVE_INFINITY;
    }
  }
}
