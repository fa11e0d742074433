import cluster from 'node:cluster';
import type { MetricsSnapshot } from '../telemetry/metrics-snapshot.ts';
import type { ToPrimary, ToServer } from './process-messages.ts';

type Gathered = readonly MetricsSnapshot[];

/** The process that started this one to be one of several servers. */
export class PrimaryProcess {
  /** Resolves when this process is to drain and end. */
  readonly stop: Promise<void>;
  readonly #report: () => Promise<MetricsSnapshot>;
  readonly #asked = new Map<number, (gathered: Gathered) => void>();
  #lastId = 0;

  /** `report` returns the metrics of this process. */
  constructor(report: () => Promise<MetricsSnapshot>) {
    this.#report = report;
    this.stop = new Promise((resolve) => {
      process.on('message', (message: ToServer) => {
        if (message.kind === 'stop') resolve();
        else void this.#answer(message);
      });
    });
  }

  /** Returns the metrics of all server processes. */
  gather(): Promise<Gathered> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      void this.tell({ kind: 'gather', id });
    });
  }

  /** Resolves when the message has been handed over, or cannot be because the primary process is gone. */
  tell(message: ToPrimary): Promise<void> {
    return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
  }

  /** Closes the channel, which keeps this process alive. */
  leave(): void {
    cluster.worker?.disconnect();
  }

  async #answer(message: Exclude<ToServer, { kind: 'stop' }>): Promise<void> {
    const { kind, id } = message;
    if (kind === 'report') return this.tell({ kind: 'reported', id, snapshot: await this.#report() });
    this.#asked.get(id)?.(message.snapshots);
    this.#asked.delete(id);
  }
}
