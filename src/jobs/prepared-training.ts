import type { Recommender } from '../models/recommender.ts';
import type { Database } from '../store/database.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';

export type Metrics = Readonly<Record<string, number>>;

/** How good a model is on tasks held out from its training; nothing where there are too few to hold any out. */
export interface Measurement {
  readonly metrics: Metrics;
  /** On the same tasks, had the model been shown nothing of them: what adapting is worth. */
  readonly metricsUnadapted: Metrics;
}

/** What was read for a training, divided into tasks that train and tasks that only measure. */
export interface PreparedTraining {
  readonly data: TrainingData;
  /** What the version that serves is trained on, where holding tasks out costs it more than their own episodes. */
  readonly whole?: TrainingData;
  readonly heldOutTasks: number;
  /** Tasks with enough pairs that are stored, whether or not they were read. */
  readonly eligibleTasks: number;
  measure(recommender: Recommender): Promise<Measurement>;
}

export interface PreparationRequest {
  readonly recipe: TrainingRecipe;
  /** The recipe's, completed. */
  readonly options: TrainingOptions;
  readonly mostUsers: number | undefined;
}

export type PrepareTraining = (database: Database, request: PreparationRequest) => Promise<PreparedTraining>;

/** Share of the tasks that are held out. */
export const heldOutShare = 0.1;
/** Keeps what is held out apart from all else that is drawn under the same seed. */
export const heldOutStream = 17;
