import { type Random, shuffle } from './random.ts';
import type { TrainingData } from './training-data.ts';

/** Tasks, as indices into the tasks of the training data. */
export interface TaskSplit {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Sets a random share of the tasks aside for validation, so that tasks never trained on validate. Tasks with
 * fewer than `minimumPairs` pairs are in neither part.
 */
export function splitTasks(
  data: Pick<TrainingData, 'tasks'>,
  { minimumPairs, validationShare }: { minimumPairs: number; validationShare: number },
  random: Random,
): TaskSplit {
  const eligible = Int32Array.from(
    [...data.tasks.keys()].filter((task) => (data.tasks[task]?.items.length ?? 0) >= minimumPairs),
  );
  shuffle(eligible, random);
  const validating = Math.round(eligible.length * validationShare);
  return { training: eligible.slice(validating), validation: eligible.slice(0, validating) };
}
