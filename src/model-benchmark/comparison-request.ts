import type { TaskKind } from '../tasks/training-data.ts';

/** What to compare. Plain data, since each model is measured in a process of its own. */
export interface ComparisonRequest {
  readonly taskKind: TaskKind;
  /** A MovieLens folder. */
  readonly data: string;
  /** A file like `ratings.csv`: its users test, and all those of the folder train. */
  readonly testRatings?: string;
  /** A file like `scenarios.csv`: its scenarios test, and all those of the folder train. */
  readonly testScenarios?: string;
  /** How often each model is trained, with seeds from 1. */
  readonly seeds: number;
  /** Determines which tasks test where no file says so, and how each is divided. */
  readonly splitSeed: number;
  /** Most passes over the training tasks, instead of each model's own number. */
  readonly epochs?: number;
  /** Changes to the configuration and to the training options of every model. */
  readonly config?: object;
  readonly options?: object;
}
