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

/** Milliseconds between two looks whether the run is to go on; also how often progress is stored. */
const interval = 1000;
/** How often, and after how many milliseconds, a lock is tried again that a sweeper may have looked at. */
const patience = { attempts: 10, pause: 50 };

/** Why a training ends that somebody asked to cancel. */
export class TrainingCancelledError extends Error {
  constructor() {
    super('the training was cancelled');
    this.name = 'TrainingCancelledError';
  }
}

export interface RunServices {
  readonly database: Database;
  readonly pool: Pool;
  readonly engine: { readonly name: string };
}

/**
 * A run that this process trains. It holds the run's lock on a connection of its own, which says that somebody is at it;
 * over the same connection it stores progress every second, and so learns that the run is to end. `signal` is
 * aborted then, and when the connection is lost: others see the run as abandoned from that moment.
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
    this.journal.log(`taken up by ${hostname()}, process ${process.pid}, with ${engine}`);
    this.#timer = setInterval(() => {
      if (this.#waiting === 0) void this.store();
    }, interval).unref();
  }

  /** Begins a run that was not queued. */
  static async begin(services: RunServices, content: TrainingRunContent): Promise<OwnedRun> {
    const id = await nextRunId(services.database);
    const { name } = services.engine;
    const owned = await own(services, id, () =>
      beginTrainingRun(services.database, id, { ...content, engine: name }),
    );
    if (!owned) throw new Error(`the lock of training run ${id}, which is new, is taken`);
    return owned;
  }

  /** Takes up a queued run, or nothing where it is not queued any more, or for another attempt. */
  static async takeUp(services: RunServices, queued: RunAttempt): Promise<OwnedRun | undefined> {
    return own(services, queued.id, () => takeUpTrainingRun(services.database, queued, services.engine.name));
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Begins a phase, once that is stored. Throws the signal's reason when the run is to end. */
  async enter(phase: TrainingPhase, message: string): Promise<void> {
    this.journal.enter(phase);
    this.journal.log(message);
    await this.store();
    this.signal.throwIfAborted();
  }

  report(progress: TrainingProgress): void {
    if (this.journal.report(progress)) void this.store();
  }

  /** Stores what the journal has, after what is being stored. Does not throw: what goes wrong ends the run. */
  store(): Promise<void> {
    this.#waiting += 1;
    this.#stored = this.#stored.then(() => this.#store()).finally(() => (this.#waiting -= 1));
    return this.#stored;
  }

  /** From here on nothing is stored by itself: a transaction that changes the run is not waited for. */
  async rest(): Promise<void> {
    clearInterval(this.#timer);
    await this.#stored;
  }

  /** Lets go of the lock, with its connection. */
  async release(): Promise<void> {
    await this.rest();
    if (this.#released) return;
    this.#released = true;
    this.#client.removeAllListeners('end');
    this.#client.release(true);
  }

  async #store(): Promise<void> {
    if (this.signal.aborted && !(this.signal.reason instanceof TrainingCancelledError)) return;
    try {
      const standing = await storeProgress(
        this.#client,
        this.run,
        this.journal.progress,
        this.journal.takeEvents(),
      );
      if (standing === 'cancelRequested') this.#end.abort(new TrainingCancelledError());
      if (standing === 'over') this.#end.abort(new RunNotOwnedError(this.run));
    } catch (cause) {
      this.#end.abort(new RunNotOwnedError(this.run, { cause }));
    }
  }
}

/** Locks a run before it is anybody's to see as running. */
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
    if (attempt === patience.attempts) return false;
    await setTimeout(patience.pause);
  }
}

/**
 * Records why a training ended early. A run that this process lost goes the way of those whose owners died; and so does one
 * of a worker that lost a connection to the database, once somebody sweeps. Throws when that cannot be recorded.
 */
export async function endOwnedRun(
  database: TransactionalDatabase,
  owned: OwnedRun,
  error: unknown,
): Promise<void> {
  const { run, journal } = owned;
  if (error instanceof RunNotOwnedError) {
    // Whoever takes it up next needs the lock, should this process have it still.
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
