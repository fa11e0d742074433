import type { MetricName } from '../evaluation/metrics.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { Recommender } from '../models/recommender.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** The metrics that apply to the model. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** A data set divided: what models are trained on, and how they are measured on the rest. */
export interface Experiment {
  readonly data: TrainingData;
  /** Training tasks with fewer pairs are left out. */
  readonly minimumPairs: number;
  /** Those that are long enough; each model sets some of them aside to validate. */
  readonly trainingTasks: number;
  /** Those that can be measured. */
  readonly testTasks: number;
  evaluate(recommender: Recommender): Promise<Metrics>;
}

export interface ExperimentOptions {
  /** Determines which tasks test, and how. */
  readonly splitSeed: number;
  /** Whose ids the model reads as a feature. */
  readonly ids: readonly EntityKind[];
}
