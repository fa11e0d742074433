import { WarmstartError } from '../common/errors.ts';
import { type EntityKind, type FeatureSchema, featureSchema, idField } from '../features/feature-schema.ts';
import { type ObjectiveKind, objectives } from '../models/objectives.ts';
import { checkTrainedSize, parseModelConfig, type RecommenderKind } from '../models/recommenders.ts';
import type { EpisodeOptions, NegativeSampling } from '../tasks/episode-options.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { parseTrainingOptions, type TrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** The configuration of a model and the options of its training. Everything that is not given has its default. */
export interface TrainingRecipe {
  readonly kind: RecommenderKind;
  /** The entities whose IDs the training data must have as a feature. */
  readonly ids: readonly EntityKind[];
  readonly config: object;
  readonly options: TrainingOptionsInput;
}

/** Fields of a model's configuration that training takes from its data or options if the recipe does not give them. */
export const setByTraining = ['labels', 'supportLimit', 'support'] as const;

/** A recipe with all its options. */
export interface CompleteRecipe extends TrainingRecipe {
  readonly options: TrainingOptions;
}

/**
 * Returns the recipe with every default of the model and of the training. The fields `setByTraining` are in the model's
 * configuration only if the recipe gives them. Throws like `checkRecipe`.
 */
export function completeRecipe(recipe: TrainingRecipe): CompleteRecipe {
  const options = checkRecipe(recipe);
  const { kind, ids, config } = recipe;
  const absent: readonly string[] = setByTraining.filter((name) => !(name in config));
  const known = Object.entries(parseModelConfig(kind, config)).filter(([name]) => !absent.includes(name));
  return { kind, ids, config: Object.fromEntries(known), options };
}

/**
 * Returns the training options of a recipe with their defaults. Throws INVALID_CONFIGURATION, naming the field, if
 * anything in the recipe is invalid that can be checked without the data.
 */
export function checkRecipe({ kind, ids, config, options }: TrainingRecipe): TrainingOptions {
  const parsed = parseTrainingOptions(options);
  const model = parseModelConfig(kind, config);
  if (model.objective) checkObjective(model.objective, parsed.episodes.negatives);
  checkTrainedSize(kind, model, smallestSchema(ids));
  return parsed;
}

/**
 * The smallest possible schema: one feature or ID of each entity, without values. The size is checked again with the
 * real one.
 */
function smallestSchema(ids: TrainingRecipe['ids']): FeatureSchema {
  return featureSchema(
    (['user', 'item'] as const).map((entity) => ({
      ...{ entity, name: ids.includes(entity) ? idField : 'feature', kind: 'categorical' },
      ...{ vocabulary: [], slots: 1, mean: 0, deviation: 1 },
    })),
  );
}

/** Throws INVALID_CONFIGURATION if the objective compares positives with negatives and there are no negatives. */
export function checkObjective(objective: ObjectiveKind, negatives: NegativeSampling): void {
  if (negatives !== 'none' || objectives[objective].standardizesLabels) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `objective: "${objective}" compares positives with negatives; expected episodes.negatives to be "query" or "both", got "none"`,
    { field: ['objective'] },
  );
}

/** Throws INVALID_CONFIGURATION, naming the field, if these options exclude every possible task of this kind. */
export function checkEpisodes(taskKind: TaskKind, { historyLimit, episodes }: TrainingOptions): void {
  const { minimumPairs, queryShare, negatives } = episodes;
  if (taskKind === 'SCENARIO') {
    if (negatives === 'none')
      throw invalid('negatives', 'expected "query" or "both" for scenarios, whose pairs are positives, got "none"');
    return;
  }
  const max = `historyLimit (${historyLimit}), the maximum number of interactions in a user's task`;
  if (minimumPairs > historyLimit)
    throw invalid('minimumPairs', `expected at most ${max}, got ${minimumPairs}; lower it, or raise historyLimit`);
  if (Math.floor(historyLimit * queryShare) < 1)
    throw invalid(
      'queryShare',
      `expected a share that is at least 1 interaction of ${max}, got ${queryShare}; raise it, or raise historyLimit`,
    );
}

function invalid(name: keyof EpisodeOptions, problem: string): WarmstartError {
  return new WarmstartError('INVALID_CONFIGURATION', `episodes.${name}: ${problem}`, {
    field: ['episodes', name],
  });
}
