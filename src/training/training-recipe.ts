import { WarmstartError } from '../common/errors.ts';
import { type EntityKind, type FeatureSchema, featureSchema, idField } from '../features/feature-schema.ts';
import { type ObjectiveKind, objectives } from '../models/objectives.ts';
import { checkTrainedSize, parseModelConfig, type RecommenderKind } from '../models/recommenders.ts';
import type { EpisodeOptions, NegativeSampling } from '../tasks/episode-options.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { parseTrainingOptions, type TrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** How a model is configured and trained; what is not said has its default. */
export interface TrainingRecipe {
  readonly kind: RecommenderKind;
  /** Whose ids the training data must have as a feature. */
  readonly ids: readonly EntityKind[];
  readonly config: object;
  readonly options: TrainingOptionsInput;
}

/** The fields of a model's configuration that a training finds in its data, or takes from its options, unless they are given. */
export const setByTraining = ['labels', 'supportLimit', 'support'] as const;

/** A recipe of which everything is said. */
export interface CompleteRecipe extends TrainingRecipe {
  readonly options: TrainingOptions;
}

/**
 * A recipe with every default of the model and of the training. What a training finds in its data, or takes from its options, is
 * in the model's configuration only where the recipe gives it. Throws as `checkRecipe` does.
 */
export function completeRecipe(recipe: TrainingRecipe): CompleteRecipe {
  const options = checkRecipe(recipe);
  const { kind, ids, config } = recipe;
  const found: readonly string[] = setByTraining.filter((name) => !(name in config));
  const said = Object.entries(parseModelConfig(kind, config)).filter(([name]) => !found.includes(name));
  return { kind, ids, config: Object.fromEntries(said), options };
}

/**
 * The training options of a recipe, completed. Throws INVALID_CONFIGURATION, naming the field, for whatever is wrong with
 * the recipe that can be known before there are data.
 */
export function checkRecipe({ kind, ids, config, options }: TrainingRecipe): TrainingOptions {
  const parsed = parseTrainingOptions(options);
  const model = parseModelConfig(kind, config);
  if (model.objective) checkObjective(model.objective, parsed.episodes.negatives);
  checkTrainedSize(kind, model, smallestSchema(ids));
  return parsed;
}

/** The least that users and items can have: an id, or one feature, and no values of it. The model is counted again when they are known. */
function smallestSchema(ids: TrainingRecipe['ids']): FeatureSchema {
  return featureSchema(
    (['user', 'item'] as const).map((entity) => ({
      ...{ entity, name: ids.includes(entity) ? idField : 'feature', kind: 'categorical' },
      ...{ vocabulary: [], slots: 1, mean: 0, deviation: 1 },
    })),
  );
}

/** All objectives but the squared error compare positives with negatives. Throws INVALID_CONFIGURATION where there are none. */
export function checkObjective(objective: ObjectiveKind, negatives: NegativeSampling): void {
  if (negatives !== 'none' || objectives[objective].standardisesLabels) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `objective: "${objective}" tells positives from negatives; expected episodes.negatives to be "query" or "both", got "none"`,
    { field: ['objective'] },
  );
}

/** Throws INVALID_CONFIGURATION, naming the field, where no task of this kind could ever be trained on by these options. */
export function checkEpisodes(taskKind: TaskKind, { historyLimit, episodes }: TrainingOptions): void {
  const { minimumPairs, queryShare, negatives } = episodes;
  if (taskKind === 'SCENARIO') {
    const scenarios = 'for tasks that are scenarios, whose pairs are all positives';
    if (negatives === 'none')
      throw refused('negatives', `expected "query" or "both" ${scenarios}, got "none"`);
    return;
  }
  const most = `which is the most interactions of a user's task`;
  if (minimumPairs > historyLimit)
    throw refused(
      'minimumPairs',
      `expected at most historyLimit (${historyLimit}), ${most}, got ${minimumPairs}; lower it, or raise historyLimit`,
    );
  if (Math.floor(historyLimit * queryShare) < 1)
    throw refused(
      'queryShare',
      `expected a share that is at least 1 of historyLimit (${historyLimit}), ${most}, got ${queryShare}: nothing would be predicted`,
    );
}

function refused(name: keyof EpisodeOptions, fault: string): WarmstartError {
  return new WarmstartError('INVALID_CONFIGURATION', `episodes.${name}: ${fault}`, {
    field: ['episodes', name],
  });
}
