import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Database, TrainingRun, TransactionalDatabase } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { settleAbandonedRun } from './abandoned-runs.ts';
import { lockRun } from './run-lock.ts';
import { storeProgress } from './training-events.ts';
import { TrainingJournal, type TrainingPhase } from './training-journal.ts';
import type { RunAttempt } from './training-queue.ts';
import {
  beginTrainingRun,
  endTrainingRun,
  nextRunId,
  RunNotOwnedError,
  type TrainingRunContent,
  takeUpTrainingRun,
} from './training-runs.ts';

/** Milliseconds between two stores of progress, each of which also checks whether the run must end. */
const interval = 1000;
/**
 * How often a lock is tried, and the pause in milliseconds: a sweeper holds each lock for a moment when it checks it.
 */
const lockRetries = { attempts: 10, pause: 50 };

/** The reason for which a cancelled run ends. */
export class TrainingCancelledError extends Error {
  constructor() {
    super('the training run was cancelled');
    this.name = 'TrainingCancelledError';
  }
}

export interface RunServices {
  readonly database: Database;
  readonly pool: Pool;
  readonly engine: { readonly name: string };
}

/**
 * A run that this process trains. It holds the run's lock on a connection of its own, which proves that the run has an
 * owner. Over the same connection it stores progress every second, and learns whether the run must end. `signal` is
 * aborted then, and also when the connection is lost: from that moment other processes see the run as abandoned.
 */
export class OwnedRun {
  readonly run: TrainingRun;
  readonly journal = new TrainingJournal();
  readonly #client: PoolClient;
  readonly #end = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #stored: Promise<void> = Promise.resolve();
  #waiting = 0;
  #released = false;

  constructor(client: PoolClient, run: TrainingRun, engine: string) {
    this.run = run;
    this.#client = client;
    const lost = (cause?: Error) => this.#end.abort(new RunNotOwnedError(run, { cause }));
    client.on('error', lost);
    client.on('end', () => lost());
    this.journal.log(`started by process ${process.pid} on ${hostname()}, with engine ${engine}`);
    this.#timer = setInterval(() => {
      if (this.#waiting === 0) void this.store();
    }, interval).unref();
  }

  /** Begins a run that was not queued. */
  static async begin(services: RunServices, content: TrainingRunContent): Promise<OwnedRun> {
    const id = await nextRunId(services.database);
    const { name } = services.engine;
    const owned = await own(services, id, () => beginTrainingRun(services.database, id, { ...content, engine: name }));
    if (!owned) throw new Error(`another connection holds the lock of the new training run ${id}`);
    return owned;
  }

  /** Takes up a queued run. Returns `undefined` if it is no longer queued for this attempt. */
  static async takeUp(services: RunServices, queued: RunAttempt): Promise<OwnedRun | undefined> {
    return own(services, queued.id, () => takeUpTrainingRun(services.database, queued, services.engine.name));
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Stores that a phase begins, with its log line. Throws the signal's reason if the run must end. */
  async enter(phase: TrainingPhase, message: string): Promise<void> {
    this.journal.enter(phase);
    this.journal.log(message);
    await this.store();
    this.signal.throwIfAborted();
  }

  report(progress: TrainingProgress): void {
    if (this.journal.report(progress)) void this.store();
  }

  /** Stores the journal's new content, after any store in progress. Does not throw: an error ends the run. */
  store(): Promise<void> {
    this.#waiting += 1;
    this.#stored = this.#stored.then(() => this.#store()).finally(() => (this.#waiting -= 1));
    return this.#stored;
  }

  /** Stops the periodic stores, so that none waits for a transaction that changes the run. */
  async stopStoring(): Promise<void> {
    clearInterval(this.#timer);
    await this.#stored;
  }

  /** Releases the lock by closing its connection. */
  async release(): Promise<void> {
    await this.stopStoring();
    if (this.#released) return;
    this.#released = true;
    this.#client.removeAllListeners('end');
    this.#client.release(true);
  }

  async #store(): Promise<void> {
    if (this.signal.aborted && !(this.signal.reason instanceof TrainingCancelledError)) return;
    try {
      const ownership = await storeProgress(this.#client, this.run, this.journal.progress, this.journal.takeEvents());
      if (ownership === 'cancelRequested') this.#end.abort(new TrainingCancelledError());
      if (ownership === 'over') this.#end.abort(new RunNotOwnedError(this.run));
    } catch (cause) {
      this.#end.abort(new RunNotOwnedError(this.run, { cause }));
    }
  }
}

/** Locks a run before it is marked as running, so that no other process takes it for abandoned. */
async function own(
  { pool, engine }: RunServices,
  id: number,
  begin: () => Promise<TrainingRun | null>,
): Promise<OwnedRun | undefined> {
  const client = await pool.connect();
  try {
    const run = (await lock(client, id)) ? await begin() : null;
    if (run) return new OwnedRun(client, run, engine.name);
    client.release(true);
    return undefined;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function lock(client: PoolClient, id: number): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    if (await lockRun(client, id)) return true;
    if (attempt === lockRetries.attempts) return false;
    await setTimeout(lockRetries.pause);
  }
}

/**
 * Records why a run ended early. A run that this process no longer owns is settled as if its owner had died. A worker's
 * run that lost a database connection is left to the sweeper, which does the same. Throws if it cannot record the end.
 */
export async function endOwnedRun(database: TransactionalDatabase, owned: OwnedRun, error: unknown): Promise<void> {
  const { run, journal } = owned;
  if (error instanceof RunNotOwnedError) {
    // The next owner needs the lock, which this process may still hold.
    await owned.release();
    const { phase } = journal.progress;
    await settleAbandonedRun(database, { ...run, status: 'RUNNING', phase });
    return;
  }
  if (run.trigger !== 'COMMAND_LINE' && isConnectionError(error)) {
    await owned.release();
    return;
  }
  await owned.store();
  await endTrainingRun(database, run, error instanceof Error ? error.message : String(error));
}
