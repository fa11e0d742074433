import { WarmstartError } from '../common/errors.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { ScoringModel } from '../models/recommender.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import {
  recipesByKind,
  scenarioByDefault,
  scenarioCmml,
  scenarioConet,
  scenarioDcn,
  scenarioEpisodes,
  scenarioFineTuning,
  scenarioMaml,
  scenarioS2Meta,
  scenarioTanp,
  scenarioTraining,
  userCmml,
  userConet,
  userDcn,
  userListCmml,
  userMaml,
  userS2Meta,
  userTanp,
} from '../training/default-recipes.ts';
import type { TrainingOptionsInput } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import { contentKnn } from './content-knn.ts';

type Recipes = Readonly<Record<string, TrainingRecipe>>;

/** A model that is only measured. It is made from the users and items of the measurement, and needs no training. */
export interface Baseline {
  readonly ids: readonly EntityKind[];
  readonly make: (data: Pick<TrainingData, 'schema' | 'items'>) => ScoringModel;
}

export type BenchmarkModel = TrainingRecipe | Baseline;
type Models = Readonly<Record<string, BenchmarkModel>>;

/**
 * The rows of the paper's tables 4 and 9 (encoders and hybrids) and table 5 (modulations). `se-dot`, the last row of
 * the former, is also the first of the latter: linear modulation.
 */
export const ablationModels = [
  'non-negative',
  'pe',
  'se',
  'se-mlp',
  'se-dot',
  'sigmoid-paper',
  'film-paper',
  'soft-paper',
] as const;

/** The authors of the paper dropped nothing in training. */
const nothingDropped = { featureDropout: 0, idDropout: 0 } as const;

/** How the authors of the paper trained on users. */
const userPaperOptions: TrainingOptionsInput = {
  learningRate: 3e-4,
  learningRateSchedule: 'constant',
  weightDecay: 1e-5,
  tasksPerStep: 32,
  epochs: 30,
  ...nothingDropped,
  episodes: { queryPairs: 10, queryShare: 1, shortSupportShare: 0 },
};

/** CMML as the authors of the paper trained it on users. */
function userPaperCmml(config: object): TrainingRecipe {
  return {
    kind: 'cmml',
    ids: [],
    config: { contextShrinkage: 0, ridgeWidth: 0, hyperWidths: [256, 256], ...config },
    options: userPaperOptions,
  };
}

/** MeLU and MetaCS-DNN as the authors of the paper trained them. */
function userPaperMaml(config: object): TrainingRecipe {
  return { kind: 'maml', ids: [], config, options: userPaperOptions };
}

function asInPaper(recipe: TrainingRecipe): TrainingRecipe {
  return { ...recipe, ids: [], options: { ...recipe.options, ...nothingDropped } };
}

const userDcns = { plain: userDcn({}), tuned: userDcn({ fineTuning: { steps: 5, learningRate: 2e-4 } }) };

/** Models for users, whose ratings are predicted. `list` predicts them beside its scores. */
const userModels: Recipes = {
  film: userCmml({ modulation: 'film' }),
  soft: userCmml({ modulation: 'softModules' }),
  linear: userCmml({ modulation: 'linear' }),
  sigmoid: userCmml({ modulation: 'sigmoid' }),
  list: recipesByKind.USER.cmml,
  dcn: userDcns.plain,
  'dcn-f': userDcns.tuned,
  itempop: { kind: 'itemPopularity', ids: ['item'], config: {}, options: {} },
  'film-paper': userPaperCmml({ modulation: 'film' }),
  'soft-paper': userPaperCmml({ modulation: 'softModules' }),
  'linear-paper': userPaperCmml({ modulation: 'linear' }),
  'sigmoid-paper': userPaperCmml({ modulation: 'sigmoid' }),
  'tanp-paper': { ...userTanp({}), ids: [], options: { ...userPaperOptions, learningRate: 1e-3 } },
  'dcn-paper': asInPaper(userDcns.plain),
  'dcn-f-paper': asInPaper(userDcns.tuned),
  'melu-paper': userPaperMaml({}),
  'metacs-paper': userPaperMaml({ adapted: 'all' }),
};

/** The paper's setting: factors are made from all known interactions, and are read side by side. */
const scenarioPaper = {
  config: { factorProduct: false },
  options: { ...scenarioTraining, ...nothingDropped, epochs: 60, weightDecay: 1e-5, heldOutShare: 0 },
};

/** The authors' first biases with FiLM and sigmoid modulation, for the scenarios of MovieLens. */
const biased = { ...scenarioPaper, config: { ...scenarioPaper.config, biasStart: 0.1 } };

/** All rows of tables 4 and 9 modulate the weights of the last layer. */
const linear = { modulation: 'linear' };
const pooled = scenarioCmml(scenarioPaper, { ...linear, encoder: 'meanPool', hybrid: 'none' });

/** Models for scenarios, in which items are recommended to users. */
const scenarioModels: Recipes = {
  film: scenarioCmml(scenarioByDefault, { modulation: 'film' }),
  soft: scenarioCmml(scenarioByDefault, { modulation: 'softModules' }),
  linear: scenarioCmml(scenarioByDefault, linear),
  sigmoid: scenarioCmml(scenarioByDefault, { modulation: 'sigmoid' }),
  dcn: scenarioDcn(scenarioByDefault, {}),
  'dcn-f': scenarioDcn(scenarioByDefault, scenarioFineTuning),
  conet: scenarioConet(scenarioByDefault, scenarioFineTuning),
  itempop: { kind: 'itemPopularity', ids: ['item'], config: {}, options: { episodes: scenarioEpisodes } },
  'film-paper': scenarioCmml(biased, { modulation: 'film' }),
  'soft-paper': scenarioCmml(scenarioPaper, { modulation: 'softModules' }),
  'linear-paper': scenarioCmml(scenarioPaper, linear),
  'sigmoid-paper': scenarioCmml(biased, { modulation: 'sigmoid' }),
  'tanp-paper': scenarioTanp(scenarioPaper),
  'dcn-paper': scenarioDcn(scenarioPaper, {}),
  'melu-paper': scenarioMaml(scenarioPaper, {}),
  's2meta-paper': scenarioS2Meta(scenarioPaper),
  'dcn-f-paper': scenarioDcn(scenarioPaper, scenarioFineTuning),
  'conet-paper': scenarioConet(scenarioPaper, scenarioFineTuning),
  'non-negative': {
    ...pooled,
    options: { ...scenarioPaper.options, episodes: { ...scenarioEpisodes, negatives: 'query' } },
  },
  pe: pooled,
  se: scenarioCmml(scenarioPaper, { ...linear, hybrid: 'none' }),
  'se-mlp': scenarioCmml(scenarioPaper, { ...linear, hybrid: 'mlp' }),
  'se-dot': scenarioCmml(scenarioPaper, { ...linear, hybrid: 'dot' }),
};

/** Ratings are compared with other items of the same user. */
const bpr = { objective: 'bpr' };

/** A model that adapts by gradient steps, and tells the items of a user from others. */
function ofLiked(recipe: TrainingRecipe): TrainingRecipe {
  return {
    ...recipe,
    options: { ...recipe.options, episodes: { supportPairs: 90, queryPairs: 30, negatives: 'both' } },
  };
}

/** Models that make lists of all items for users. */
const listModels: Models = {
  linear: recipesByKind.USER.cmml,
  film: userListCmml({ modulation: 'film' }),
  soft: userListCmml({ modulation: 'softModules' }),
  sigmoid: userListCmml({ modulation: 'sigmoid' }),
  mse: userCmml({}),
  bpr: userCmml(bpr),
  dcn: userDcn(bpr),
  melu: ofLiked(userMaml({ objective: 'bce' })),
  metacs: ofLiked(userMaml({ objective: 'bce', adapted: 'all' })),
  // Fewer steps than in scenarios, because there are many more users.
  s2meta: ofLiked(userS2Meta({ objective: 'bce', innerSteps: 5 })),
  tanp: userTanp(bpr),
  conet: userConet(bpr),
  itempop: recipesByKind.USER.itemPopularity,
  ease: recipesByKind.USER.ease,
  ials: recipesByKind.USER.ials,
  'item-knn': recipesByKind.USER.itemKnn,
  'content-knn': { ids: ['item'], make: contentKnn },
};

/** What is measured: predicted ratings of users, ranked items of scenarios, or lists of all items for users. */
export const protocols = ['USER', 'SCENARIO', 'LISTS'] as const;
export type Protocol = (typeof protocols)[number];

/** The models of the benchmark by the names that results give them, and the ones that are compared by default. */
const benchmarkModels: Record<Protocol, { readonly models: Models; readonly byDefault?: readonly string[] }> = {
  USER: { models: userModels },
  SCENARIO: { models: scenarioModels },
  LISTS: { models: listModels, byDefault: ['linear', 'itempop', 'item-knn', 'ials', 'ease'] },
};

export function modelNames(protocol: Protocol): string[] {
  return Object.keys(benchmarkModels[protocol].models);
}

/** Returns the names of the models that are compared if none are named. */
export function comparedByDefault(protocol: Protocol): readonly string[] {
  return benchmarkModels[protocol].byDefault ?? modelNames(protocol);
}

/** Throws INVALID_CONFIGURATION, listing the names, if there is no model of this name. */
export function benchmarkModel(protocol: Protocol, name: string): BenchmarkModel {
  const { models } = benchmarkModels[protocol];
  if (Object.hasOwn(models, name)) return models[name] as BenchmarkModel;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `models: expected one of ${modelNames(protocol).join(', ')}, got "${name}"`,
  );
}
