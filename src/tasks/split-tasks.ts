import { type Random, shuffle } from './random.ts';
import type { TrainingData } from './training-data.ts';

/** Tasks, as indices into the histories. */
export interface TaskSplit {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Sets a random share of the tasks aside for validation, so that it is users never trained on who validate.
 * Histories shorter than `minimumPairs` are in neither part.
 */
export function splitTasks(
  data: TrainingData,
  { minimumPairs, validationShare }: { minimumPairs: number; validationShare: number },
  random: Random,
): TaskSplit {
  const eligible = Int32Array.from(
    [...data.histories.keys()].filter((task) => (data.histories[task]?.items.length ?? 0) >= minimumPairs),
  );
  shuffle(eligible, random);
  const validating = Math.round(eligible.length * validationShare);
  return { training: eligible.slice(validating), validation: eligible.slice(0, validating) };
}
