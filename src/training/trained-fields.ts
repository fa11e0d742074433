import { WarmstartError } from '../common/errors.ts';
import type { CmmlConfig } from '../models/cmml/cmml-config.ts';
import type { SupportKind } from '../models/recommender.ts';
import { type EpisodeOptions, type NegativeSampling, supportPlaces } from '../tasks/episode-options.ts';
import { isRating } from '../tasks/positives.ts';
import { type Task, type TrainingData, userOf } from '../tasks/training-data.ts';
import type { SetByTraining } from './training-recipe.ts';

/** The fields of a configuration that describe the support sets of training. */
export type TrainedFields = Pick<CmmlConfig, SetByTraining & keyof CmmlConfig>;

/**
 * Returns the fields that training sets if the recipe does not give them. Throws INVALID_DATA if a label is not finite.
 */
export function trainedFields({ tasks }: TrainingData, episodes: EpisodeOptions): TrainedFields {
  const { negatives } = episodes;
  return {
    labels: negatives === 'none' ? labelScale(tasks) : marks,
    supportLimit: supportPlaces(episodes),
    support: supports[negatives],
  };
}

/** The scale of labels that only mark positives and negatives. */
const marks = { mean: 0, deviation: 1 };

const supports: Record<NegativeSampling, SupportKind> = {
  none: 'labels',
  query: 'positives',
  both: 'positivesAndNegatives',
};

/**
 * Returns the mean and standard deviation of all ratings. The mean is 0 without ratings, and the deviation 1 if they are
 * all equal. Throws INVALID_DATA if a label is not finite.
 */
export function labelScale(tasks: readonly Task[]): { mean: number; deviation: number } {
  let [count, total, squares] = [0, 0, 0];
  for (const task of tasks) {
    for (const [pair, label] of task.labels.entries()) {
      if (!Number.isFinite(label)) throw notFinite(label, userOf(task, pair));
      if (!isRating(task, pair)) continue;
      count += 1;
      total += label;
      squares += label * label;
    }
  }
  const mean = total / Math.max(count, 1);
  const variance = squares / Math.max(count, 1) - mean * mean;
  return { mean, deviation: variance > 1e-12 ? Math.sqrt(variance) : 1 };
}

function notFinite(label: number, user: number): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `Expected finite labels, got ${label} of user row ${user}; correct or remove the interaction.`,
  );
}
