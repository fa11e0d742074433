import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { addUp, type MetricsSnapshot } from './metrics-snapshot.ts';
import { type PlatformState, renderPlatformState } from './platform-metrics.ts';
import type { PopularCause, Scored, ServingObserver } from './serving-observer.ts';

/** From the time of a cached answer to the time at which clients give up. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const popularCauses = ['no_model', 'nothing_to_adapt_to', 'model_failed'] as const;
const shedCauses = ['requests', 'delay'] as const;
const candidateBuckets = [10, 100, 500, 1000, 2500, 5000, 10_000, 100_000];

type Snapshots = () => Promise<readonly MetricsSnapshot[]>;

/**
 * Counts what one process does, in a Prometheus registry of its own. Labels have few values, all chosen by the server:
 * no IDs, and no names that a client chose.
 */
export class Metrics implements ServingObserver {
  readonly #registry = new Registry();
  readonly #snapshots: Snapshots | undefined;
  readonly #httpRequests = this.#counter('http_requests_total', 'HTTP requests answered', ['route', 'status']);
  readonly #httpSeconds = this.#seconds('http_request_duration_seconds', 'Time to answer an HTTP request', 'route');
  readonly #operations = this.#counter(
    'graphql_operations_total',
    'GraphQL operations answered; the outcome is OK, or the code of the first error',
    ['kind', 'outcome'],
  );
  readonly #operationSeconds = this.#seconds(
    'graphql_operation_duration_seconds',
    'Time from receiving a GraphQL document to its result',
    'kind',
  );
  readonly #fieldSeconds = this.#seconds(
    'graphql_root_field_duration_seconds',
    'Time in the resolver of a field of Query or Mutation, without the fields below it',
    'field',
  );
  readonly #scoringSeconds = this.#seconds(
    'scoring_duration_seconds',
    'Time to adapt a model and score the candidates of one list, without reading from the database',
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
    'Lists of popular items served instead of adapted ones, by cause: no_model, nothing_to_adapt_to or model_failed',
    ['cause'],
  );
  readonly #modelFailures = this.#counter(
    'model_failures_total',
    'Active model versions that could not be used (refused), and lists that they failed to score (scoring)',
    ['task_kind', 'cause'],
  );
  readonly #refusals = this.#counter(
    'rate_limited_total',
    'Requests refused because a rate limit was reached, by limit',
    ['limit'],
  );
  readonly #shed = this.#counter(
    'shed_total',
    'Requests refused because the server had too many, by cause: requests in progress, or expected delay',
    ['cause'],
  );

  readonly #ignoredFeatures = this.#counter(
    'ignored_features_total',
    'Features that were ignored each time they were read, since their stored value is not of the declared kind',
    [],
  );

  /** `snapshots` returns the snapshots of all processes to add up, this one's included. Default: this process alone. */
  constructor(snapshots?: Snapshots) {
    this.#snapshots = snapshots;
    collectDefaultMetrics({ register: this.#registry });
    for (const cause of popularCauses) this.#popularLists.inc({ cause }, 0);
    for (const cause of shedCauses) this.#shed.inc({ cause }, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  answeredHttp(route: string, status: number, seconds: number): void {
    this.#httpRequests.inc({ route, status });
    this.#httpSeconds.observe({ route }, seconds);
  }

  /** `kind` is `query`, `mutation`, or `none` for a document that has no valid operation. */
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

  ignoredFeature(): void {
    this.#ignoredFeatures.inc();
  }

  shed(cause: (typeof shedCauses)[number]): void {
    this.#shed.inc({ cause });
  }

  async scoring<T extends Scored>(taskKind: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const scored = await work();
    this.#scoringSeconds.observe({ task_kind: taskKind }, (performance.now() - started) / 1000);
    this.#candidates.observe({ task_kind: taskKind }, scored.scores.length);
    return scored;
  }

  servedPopular(cause: PopularCause): void {
    this.#popularLists.inc({ cause });
  }

  refusedModel(taskKind: string): void {
    this.#modelFailures.inc({ task_kind: taskKind, cause: 'refused' });
  }

  failedScoring(taskKind: string): void {
    this.#modelFailures.inc({ task_kind: taskKind, cause: 'scoring' });
  }

  /** Returns what this process has counted. */
  snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON();
  }

  /** Returns all metrics in Prometheus format. Without a state it omits those that come from the database. */
  async render(state: PlatformState | undefined): Promise<string> {
    const registry = this.#snapshots ? addUp(await this.#snapshots()) : this.#registry;
    const texts = [registry.metrics(), ...(state ? [renderPlatformState(state)] : [])];
    return (await Promise.all(texts)).join('');
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `warmstart_${name}`, help, labelNames, registers: [this.#registry] });
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
