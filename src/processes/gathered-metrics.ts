import type { Worker } from 'node:cluster';
import { setTimeout } from 'node:timers';
import { addUp, countsOf, type MetricsSnapshot } from '../telemetry/metrics-snapshot.ts';
import { type Reported, tell } from './process-messages.ts';

/** A process that does not report within this time counts with its last report. */
const patienceMilliseconds = 1000;

/** Keeps what the server processes report, in the primary process, so that any of them can show the sum of all. */
export class GatheredMetrics {
  readonly #latest = new Map<Worker, MetricsSnapshot>();
  readonly #unanswered = new Map<number, () => void>();
  /** What processes that ended had counted. A sum that falls would look like a restart of all processes. */
  #ended: Promise<MetricsSnapshot> = Promise.resolve([]);
  #lastId = 0;

  /** Asks all processes for their metrics. Returns a snapshot of each, and one of those that ended. */
  async gather(processes: readonly Worker[]): Promise<MetricsSnapshot[]> {
    await Promise.all(processes.map((process) => this.#ask(process)));
    return [...this.#latest.values(), await this.#ended];
  }

  /** Takes the answer of a process that was asked. */
  reported(process: Worker, { id, snapshot }: Reported): void {
    // A message can arrive after the end of its process, whose counts are already among those of the ended.
    if (!process.isDead()) this.#latest.set(process, snapshot);
    this.#unanswered.get(id)?.();
  }

  /** Keeps what a process that ended had counted when it was last asked. */
  keepCountsOf(process: Worker): void {
    const latest = this.#latest.get(process);
    this.#latest.delete(process);
    if (latest) this.#ended = this.#ended.then((ended) => addUp([ended, countsOf(latest)]).getMetricsAsJSON());
  }

  #ask(process: Worker): Promise<void> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#unanswered.delete(id);
        resolve();
      };
      const timer = setTimeout(done, patienceMilliseconds);
      this.#unanswered.set(id, done);
      tell(process, { kind: 'report', id });
    });
  }
}
