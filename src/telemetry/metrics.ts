import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Scored, ServingObserver } from './serving-observer.ts';

/** What a scrape asks the database for. */
export interface ObservedState {
  readonly queuedTrainings: number;
  readonly runningTrainings: number;
  /** Since the oldest training that is queued was asked for; 0 for none. */
  readonly oldestQueuedSeconds: number;
  /** By status. */
  readonly endedTrainings: Readonly<Record<string, number>>;
  readonly overdueSchedules: number;
  /** By kind of task; `null` for none. */
  readonly activeVersions: Readonly<Record<string, number | null>>;
}

/** From what an answer out of a cache takes to what a client gives up at. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const popularCauses = ['no_model', 'nothing_to_adapt_to'] as const;
const candidateBuckets = [10, 100, 500, 1000, 2500, 5000, 10_000, 100_000];

/**
 * What one server has done, for Prometheus, in a registry of its own. Labels have few values, all of ours: no ids, and no
 * names that a client chose.
 */
export class Metrics implements ServingObserver {
  readonly #registry = new Registry();
  readonly #httpRequests = this.#counter('http_requests_total', 'HTTP requests answered', [
    'route',
    'status',
  ]);
  readonly #httpSeconds = this.#seconds(
    'http_request_duration_seconds',
    'Time to answer an HTTP request',
    'route',
  );
  readonly #operations = this.#counter(
    'graphql_operations_total',
    'GraphQL operations answered; the outcome is OK or the code of the first error',
    ['kind', 'outcome'],
  );
  readonly #operationSeconds = this.#seconds(
    'graphql_operation_duration_seconds',
    'Time from reading a GraphQL operation to its result',
    'kind',
  );
  readonly #fieldSeconds = this.#seconds(
    'graphql_root_field_duration_seconds',
    'Time in the resolver of a field of Query or Mutation, without the fields below it',
    'field',
  );
  readonly #scoringSeconds = this.#seconds(
    'scoring_duration_seconds',
    'Time to adapt a model and score the candidates of one list, once all is read',
    'task_kind',
  );
  readonly #candidates = new Histogram({
    name: 'warmstart_scored_candidates',
    help: 'Items scored for one list',
    labelNames: ['task_kind'],
    buckets: candidateBuckets,
    registers: [this.#registry],
  });
  readonly #popularLists = this.#counter(
    'popular_lists_total',
    'Lists of popular items served in place of adapted ones, by cause: no_model or nothing_to_adapt_to',
    ['cause'],
  );
  readonly #refusals = this.#counter(
    'rate_limited_total',
    'Requests refused for coming too often, by limit',
    ['limit'],
  );
  readonly #trainings = this.#gauge('trainings', 'Trainings that have not ended', 'status');
  readonly #endedTrainings = this.#counter('trainings_total', 'Trainings that have ended', ['status']);
  readonly #oldestQueued = this.#gauge(
    'oldest_queued_training_seconds',
    'Since the oldest training that is queued was asked for; 0 for none',
  );
  readonly #overdueSchedules = this.#gauge(
    'overdue_schedules',
    'Schedules, not paused, whose next training is more than a minute late',
  );
  readonly #activeVersion = this.#gauge(
    'active_model_version',
    'Number of the model version that serves; 0 for none',
    'task_kind',
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const cause of popularCauses) this.#popularLists.inc({ cause }, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  answeredHttp(route: string, status: number, seconds: number): void {
    this.#httpRequests.inc({ route, status });
    this.#httpSeconds.observe({ route }, seconds);
  }

  /** `kind` is `query`, `mutation`, or `none` for what never became an operation. */
  answeredOperation(kind: string, outcome: string, seconds: number): void {
    this.#operations.inc({ kind, outcome });
    this.#operationSeconds.observe({ kind }, seconds);
  }

  resolvedRootField(field: string, seconds: number): void {
    this.#fieldSeconds.observe({ field }, seconds);
  }

  refused(limit: 'requests' | 'cost' | 'authentication'): void {
    this.#refusals.inc({ limit });
  }

  async scoring<T extends Scored>(taskKind: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const scored = await work();
    this.#scoringSeconds.observe({ task_kind: taskKind }, (performance.now() - started) / 1000);
    this.#candidates.observe({ task_kind: taskKind }, scored.scores.length);
    return scored;
  }

  servedPopular(cause: 'no_model' | 'nothing_to_adapt_to'): void {
    this.#popularLists.inc({ cause });
  }

  /** All metrics in the format of Prometheus; without a state, as when the database is away, all but those that it tells. */
  async render(state: ObservedState | undefined): Promise<string> {
    this.#trainings.reset();
    this.#endedTrainings.reset();
    this.#oldestQueued.remove();
    this.#overdueSchedules.remove();
    this.#activeVersion.reset();
    if (state) {
      this.#oldestQueued.set(state.oldestQueuedSeconds);
      this.#overdueSchedules.set(state.overdueSchedules);
      for (const [status, trainings] of Object.entries(state.endedTrainings)) {
        this.#endedTrainings.inc({ status: status.toLowerCase() }, trainings);
      }
      this.#trainings.set({ status: 'queued' }, state.queuedTrainings);
      this.#trainings.set({ status: 'running' }, state.runningTrainings);
      for (const [taskKind, version] of Object.entries(state.activeVersions)) {
        this.#activeVersion.set({ task_kind: taskKind }, version ?? 0);
      }
    }
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `warmstart_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ name: `warmstart_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #seconds(name: string, help: string, label: string): Histogram {
    return new Histogram({
      name: `warmstart_${name}`,
      help,
      labelNames: [label],
      buckets: secondsBuckets,
      registers: [this.#registry],
    });
  }
}
