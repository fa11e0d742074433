import type { CountRange } from '../evaluation/evaluate-new-items.ts';
import type { MetricName } from '../evaluation/metrics.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { ScoringModel } from '../models/recommender.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** The metrics that apply to the model. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** What is measured of a model. */
export interface Measured {
  readonly metrics: Metrics;
  /** The metrics of each domain with test tasks, by its number from 1. Only if there are several domains. */
  readonly domains?: Readonly<Record<string, Metrics>>;
  /** Only in the protocol of lists, which has no other metrics. */
  readonly lists?: MeasuredLists;
}

/** Metrics of lists. */
export interface MeasuredLists {
  /** By the number of interactions that are shown, or `all`. */
  readonly shown: Readonly<Record<string, Metrics>>;
  /** The same, of users whose features are unknown. */
  readonly withoutFeatures: Readonly<Record<string, Metrics>>;
  /** Only if some items are new. */
  readonly newItems?: {
    /** Lists of only new items. */
    readonly amongThemselves: Metrics;
    /** Lists of all items: the items to find by their number of interactions in training. */
    readonly wholeList: Readonly<Partial<Record<CountRange, Metrics>>>;
  };
}

/** What lists are measured on. It is the same for all models. */
export interface ListCounts {
  /** The rating from which an item is liked. */
  readonly positive: number;
  readonly items: number;
  readonly newItems: number;
  /** The number of test users with at least as many interactions to show. */
  readonly users: Readonly<Record<string, number>>;
}

/** A split dataset: the data that models are trained on, and the measurement on the rest. */
export interface Experiment {
  readonly data: TrainingData;
  /** All users and items as they are measured. Default: `data`. */
  readonly measured?: Pick<TrainingData, 'schema' | 'users' | 'items'>;
  /** Training tasks with fewer pairs are left out. */
  readonly minimumPairs: number;
  /** The number of tasks that are long enough. Each model uses some of them for validation. */
  readonly trainingTasks: number;
  /** The number of tasks that can be measured. */
  readonly testTasks: number;
  /** Only in the protocol of lists. */
  readonly listCounts?: ListCounts;
  evaluate(recommender: ScoringModel): Promise<Measured>;
}

export interface ExperimentOptions {
  /** Determines which tasks test and how they are split. */
  readonly splitSeed: number;
  /** The entities whose IDs are a feature of the model. */
  readonly ids: readonly EntityKind[];
}
