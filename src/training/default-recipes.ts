import type { RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/** CMML as the platform trains it by default. */
export function userCmml(config: object): TrainingRecipe {
  return { kind: 'cmml', ids: ['item'], config, options: {} };
}

/** DCN with the paper's sizes for users. */
export function userDcn(config: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: [],
    config: { projectionWidth: 64, crossLayers: 3, deepWidths: [64, 64], ...config },
    options: { learningRate: 1e-3, weightDecay: 1e-5, tasksPerStep: 32, episodes: { shortSupportShare: 0 } },
  };
}

/** Sizes of the paper's scenario setting for MovieLens (section 7.2.1). */
const sizes = {
  embedding: 'factors',
  objective: 'hinge',
  contextShrinkage: 0,
  ridgeWidth: 0,
  labelWidths: [],
  hyperWidths: [64, 64, 64],
  backboneWidths: [64, 64, 64],
  softModules: { routeWidths: [64, 64, 64], moduleWidths: [32, 32, 64] },
};

const episodes = {
  supportPairs: 64,
  queryPairs: 128,
  queryShare: 0.5,
  minimumPairs: 160,
  shortSupportShare: 0,
  negatives: 'both',
} as const;

const options = { tasksPerStep: 4, epochs: 60, learningRate: 1e-3, weightDecay: 1e-5, episodes } as const;

export { episodes as scenarioEpisodes, options as scenarioOptions };

/** CMML with a pooling or a sequential encoder, as the paper sizes them. */
export function scenarioCmml(config: {
  encoder?: string;
  hybrid?: string;
  modulation?: string;
}): TrainingRecipe {
  const { encoder = 'gru' } = config;
  const contextWidths = encoder === 'gru' ? [256] : [128, 128];
  return {
    kind: 'cmml',
    ids: ['user', 'item'],
    config: { ...sizes, contextWidths, encoder, ...config },
    options,
  };
}

/** DCN with the layers of the paper, on factors. */
export function scenarioDcn(config: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', crossLayers: 3, deepWidths: [64, 64], ...config },
    options,
  };
}

/** How a model of each kind is trained where nothing else is said. */
export const recipesByKind: Record<TaskKind, Record<RecommenderKind, TrainingRecipe>> = {
  USER: {
    cmml: userCmml({}),
    dcn: userDcn({}),
    itemPopularity: { kind: 'itemPopularity', ids: ['item'], config: {}, options: {} },
  },
  SCENARIO: {
    cmml: scenarioCmml({ modulation: 'film' }),
    dcn: scenarioDcn({}),
    itemPopularity: { kind: 'itemPopularity', ids: ['item'], config: {}, options: { episodes } },
  },
};

/** What is trained where not even the kind is said. */
export const defaultRecipes: Record<TaskKind, TrainingRecipe> = {
  USER: recipesByKind.USER.cmml,
  SCENARIO: recipesByKind.SCENARIO.cmml,
};
