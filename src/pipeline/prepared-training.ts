import type { RatingScale } from '../catalog/interaction-value.ts';
import type { Engine } from '../engine/engine.ts';
import type { ListsByShown } from '../evaluation/evaluate-lists.ts';
import type { MeasurementByHistory } from '../evaluation/measure-by-history.ts';
import type { OnIgnored } from '../features/readable-features.ts';
import type { Recommender } from '../models/recommender.ts';
import type { Database } from '../store/database.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { ParsedRecipe } from '../training/training-recipe.ts';

/** The quality of a model on held-out tasks. The metrics are empty if it was trained for another goal. */
export interface HeldOutMeasurement extends MeasurementByHistory {
  /** The lists that the model makes of the whole histories of held-out users. Absent for scenarios. */
  readonly lists?: ListsByShown;
}

/** The data of a training, divided into training tasks and held-out tasks. */
export interface PreparedTraining {
  readonly data: TrainingData;
  /**
   * All data, held-out tasks included, for the second training that makes the published version. Absent if there is
   * none.
   */
  readonly whole?: TrainingData;
  readonly heldOutTasks: number;
  /** The number of stored tasks with enough pairs, including those that were not read. */
  readonly eligibleTasks: number;
  /**
   * Measures a model on the held-out tasks, with features encoded by the model's own schema. Throws the signal's
   * reason.
   */
  measure(recommender: Recommender, signal: AbortSignal | undefined): Promise<HeldOutMeasurement>;
  /** How the metrics of the active version are obtained, which the new version is compared with. */
  readonly activeVersion: MeasuredAgain | StoredMetrics;
  /** Measures the popularity baseline of the training data on the held-out tasks. Throws the signal's reason. */
  measurePopularity(signal: AbortSignal | undefined): Promise<HeldOutMeasurement>;
  /**
   * Measures the lists of item-kNN of the training data, if lists are measured. Returns `undefined` if it cannot be
   * computed. Throws the signal's reason.
   */
  measureItemKnn?(engine: Engine, signal: AbortSignal | undefined): Promise<ListsByShown | undefined>;
}

/** No version is trained on the held-out tasks, so the active version is measured on them again. */
export interface MeasuredAgain {
  readonly metrics: 'measuredAgain';
  readonly measuredOn?: undefined;
}

/** The active version was trained on the held-out tasks too, so the metrics of its own training count. */
export interface StoredMetrics {
  readonly metrics: 'stored';
  /** The population of the held-out tasks. Metrics of an earlier training count only if it is equal. */
  readonly measuredOn: string;
}

export interface PreparationRequest {
  readonly recipe: ParsedRecipe;
  readonly maxUsers: number | undefined;
  /** The range of ratings, which says which of them are positive. */
  readonly ratingScale: RatingScale;
  /** Receives stored features that are not read. */
  readonly onIgnored?: OnIgnored;
}

export type PrepareTraining = (database: Database, request: PreparationRequest) => Promise<PreparedTraining>;

/** The share of held-out tasks. */
export const heldOutShare = 0.1;
/** The seed of measurements. It does not depend on the training's seed, so all trainings measure alike. */
export const measurementSeed = 17;
