import type { MeasurementByHistory } from '../evaluation/measure-by-history.ts';
import type { Recommender, ScoringModel } from '../models/recommender.ts';
import type { Database } from '../store/database.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';

/** What was read for a training, divided into tasks that train and tasks that only measure. */
export interface PreparedTraining {
  readonly data: TrainingData;
  /** What the version that serves is trained on, where holding tasks out costs it more than their own episodes. */
  readonly whole?: TrainingData;
  readonly heldOutTasks: number;
  /**
   * What the held-out tasks are drawn from. Numbers of an earlier training count only where it is the same; absent where no such numbers
   * do, since the held-out tasks measure each version anew.
   */
  readonly measuredOn?: string;
  /** Tasks with enough pairs that are stored, whether or not they were read. */
  readonly eligibleTasks: number;
  /** Measures any model on the held-out tasks, through features encoded by its own schema. Throws the signal's reason. */
  measure(recommender: ScoringModel, signal: AbortSignal | undefined): Promise<MeasurementByHistory>;
  /**
   * Whether a version of an earlier training can be measured so: it adapts to what the held-out tasks show. Absent where versions that
   * serve were trained on these tasks, too.
   */
  suits?(recommender: Recommender): boolean;
  /** Measures what is popular in the data that train on the same tasks, see `popularity-baseline`. Throws the signal's reason. */
  measurePopularity(signal: AbortSignal | undefined): Promise<MeasurementByHistory>;
}

export interface PreparationRequest {
  readonly recipe: TrainingRecipe;
  /** The recipe's, completed. */
  readonly options: TrainingOptions;
  readonly maxUsers: number | undefined;
}

export type PrepareTraining = (database: Database, request: PreparationRequest) => Promise<PreparedTraining>;

/** Share of the tasks that are held out. */
export const heldOutShare = 0.1;
/** What is drawn for a measurement is the same in every training, whatever the training's own seed. */
export const measurementSeed = 17;
