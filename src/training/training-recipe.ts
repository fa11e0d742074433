import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import { parseConfiguration } from '../common/parse-configuration.ts';
import { type EntityKind, type FeatureSchema, featureSchema, idField } from '../features/feature-schema.ts';
import { ranksCatalog } from '../models/cmml/lists/list-config.ts';
import { largest } from '../models/model-sizes.ts';
import { objectives } from '../models/objectives.ts';
import {
  checkTrainedSize,
  type ModelConfigs,
  parseModelConfig,
  type RecommenderKind,
  recommenderKinds,
} from '../models/recommenders.ts';
import { type EpisodeOptions, supportPlaces } from '../tasks/episode-options.ts';
import type { FeedbackKind, TaskKind } from '../tasks/training-data.ts';
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
export const setByTraining = ['labels', 'supportLimit', 'support', 'positiveFrom', 'types', 'amounts', 'ages'] as const;
export type SetByTraining = (typeof setByTraining)[number];

/** A model's configuration with every default. A field of `setByTraining` is there only if the recipe gives it. */
export type RecipeConfig<Config> = Config extends unknown
  ? Omit<Config, SetByTraining> & Partial<Pick<Config, SetByTraining & keyof Config>>
  : never;

/** The part of a recipe that says what the model is. */
export type RecipeModel<Kind extends RecommenderKind = RecommenderKind> = {
  readonly [Each in Kind]: {
    readonly kind: Each;
    readonly ids: readonly EntityKind[];
    readonly config: RecipeConfig<ModelConfigs[Each]>;
  };
}[Kind];

/**
 * A recipe that has been checked, with every default of the model and of the training. It is plain data: as JSON, it is
 * what a run stores, and parsing that gives an equal recipe.
 */
export type ParsedRecipe<Kind extends RecommenderKind = RecommenderKind> = RecipeModel<Kind> & {
  readonly options: TrainingOptions;
};

const recipeSchema = z.strictObject({
  kind: z.enum(recommenderKinds),
  ids: z.array(z.enum(['user', 'item'])).default([]),
  config: z.looseObject({}).default({}),
  options: z.looseObject({}).default({}),
});

/**
 * Parses a `TrainingRecipe`. Throws INVALID_CONFIGURATION, naming the field, if anything in the recipe is invalid that
 * can be checked without the data.
 */
export function parseRecipe(input: unknown): ParsedRecipe {
  const { kind, ids, config, options } = parseConfiguration(recipeSchema, input, 'The recipe');
  const parsed = parseTrainingOptions(options);
  return joinRecipe(parseModel(kind, ids, config), parsed);
}

/**
 * Parses the model of a recipe. Throws INVALID_CONFIGURATION, naming the field, if the configuration is invalid or if
 * the model is too large for any data.
 *
 * A model with factors gets the IDs of users and items, because factors belong to IDs, and a model that ranks the catalog
 * those of items.
 */
export function parseModel<Kind extends RecommenderKind>(
  kind: Kind,
  given: readonly EntityKind[],
  input: object,
): RecipeModel<Kind> {
  const config = parseModelConfig(kind, input);
  const ids = impliedIds(config) ?? given;
  checkTrainedSize(kind, config, smallestSchema(ids));
  return { kind, ids, config: withoutSetByTraining(config, input) };
}

/** Returns the entities whose IDs a model needs, or `undefined` if the recipe decides. */
function impliedIds(config: object): readonly EntityKind[] | undefined {
  if ('embedding' in config && config.embedding !== 'features') return ['user', 'item'];
  return ranksCatalog(config) ? ['item'] : undefined;
}

/** Returns the parsed configuration without the fields of `setByTraining` that the input did not give. */
function withoutSetByTraining<Config extends object>(config: Config, input: object): RecipeConfig<Config> {
  const absent: readonly string[] = setByTraining.filter((name) => !(name in input));
  const kept = Object.entries(config).filter(([name]) => !absent.includes(name));
  return Object.fromEntries(kept) as RecipeConfig<Config>;
}

/** Returns a recipe from its parsed parts. Throws INVALID_CONFIGURATION, naming the field, if they do not match. */
export function joinRecipe(model: RecipeModel, options: TrainingOptions): ParsedRecipe {
  checkObjective(model, options.episodes);
  checkSupportLimit(model, options.episodes);
  return { ...model, options };
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

/**
 * Throws INVALID_CONFIGURATION if the objective compares positives with negatives, and sets that the loss reads have no
 * negatives. The steps of some models read support sets too.
 */
function checkObjective({ kind, config }: RecipeModel, { negatives }: EpisodeOptions): void {
  if (!('objective' in config)) return;
  const { objective } = config;
  if (objective === 'softmax' || objectives[objective].standardizesLabels) return;
  const allowed = takesSteps.includes(kind) ? ['both'] : ['query', 'both'];
  if (allowed.includes(negatives)) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `objective: "${objective}" compares positives with negatives; expected episodes.negatives to be ` +
      `${allowed.map((name) => `"${name}"`).join(' or ')}, got "${negatives}"`,
    { field: ['objective'] },
  );
}

/** The kinds of models whose loss takes gradient steps on support sets, by the objective. */
const takesSteps: readonly RecommenderKind[] = ['maml', 's2meta'];

/** Throws INVALID_CONFIGURATION if the support sets of training have more pairs than a model can be configured for. */
function checkSupportLimit({ config }: RecipeModel, episodes: EpisodeOptions): void {
  const places = supportPlaces(episodes);
  if (!('objective' in config) || 'supportLimit' in config || places <= largest.pairs) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `supportLimit: expected support sets of at most ${largest.pairs} pairs and negatives, got ${places}; lower episodes.supportPairs`,
    { field: ['supportLimit'] },
  );
}

/** Whether the users' histories of a kind of model are `typed`, whatever the episodes. */
const learnsFromTypes: Record<RecommenderKind, boolean> = {
  cmml: false,
  dcn: false,
  maml: false,
  s2meta: false,
  tanp: false,
  conet: false,
  itemPopularity: true,
  ease: true,
  itemKnn: true,
  ials: true,
};

/** Returns what the histories of users contain for a recipe. */
export function historyOf({ kind, config, options }: ParsedRecipe): FeedbackKind {
  if (learnsFromTypes[kind] || ranksCatalog(config)) return 'typed';
  return options.episodes.negatives === 'none' ? 'ratings' : 'any';
}

/** Throws INVALID_CONFIGURATION, naming the field, if a recipe does not suit tasks of this kind. */
export function checkTasks(taskKind: TaskKind, recipe: ParsedRecipe): void {
  checkObjectiveFor(taskKind, recipe);
  checkEpisodes(taskKind, recipe.options);
}

/** Throws INVALID_CONFIGURATION if the objective is only for tasks of another kind. */
export function checkObjectiveFor(taskKind: TaskKind, { config }: { readonly config: object }): void {
  if (taskKind === 'USER' || !ranksCatalog(config)) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    'objective: "softmax" ranks the catalog for users; expected "hinge", "bpr", "bce" or "mse" for scenarios',
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
