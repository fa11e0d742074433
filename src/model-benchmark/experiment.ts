import type { MetricName } from '../evaluation/metrics.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { Recommender } from '../models/recommender.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** The metrics that apply to the model. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** A split dataset: the data that models are trained on, and the measurement on the rest. */
export interface Experiment {
  readonly data: TrainingData;
  /** Training tasks with fewer pairs are left out. */
  readonly minimumPairs: number;
  /** The number of tasks that are long enough. Each model uses some of them for validation. */
  readonly trainingTasks: number;
  /** The number of tasks that can be measured. */
  readonly testTasks: number;
  evaluate(recommender: Recommender): Promise<Metrics>;
}

export interface ExperimentOptions {
  /** Determines which tasks test and how they are split. */
  readonly splitSeed: number;
  /** The entities whose IDs are a feature of the model. */
  readonly ids: readonly EntityKind[];
}
