import { largest } from '../models/model-sizes.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { TrainingOptionsInput } from './training-options.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/** CMML that ranks the catalog for users. */
export function userListCmml(config: object): TrainingRecipe {
  return {
    kind: 'cmml',
    ids: ['item'],
    config: { objective: 'softmax', ...config },
    options: {
      epochs: 60,
      tasksPerStep: 64,
      learningRate: 1.5e-3,
      weightDecay: 0,
      validationShare: 0,
      historyLimit: 10_000,
      episodes: { supportPairs: 200, shortSupportPairs: 20, minimumPairs: 2 },
    },
  };
}

/** CMML that predicts the ratings of users, or ranks by comparing pairs. */
export function userCmml(config: object): TrainingRecipe {
  return { kind: 'cmml', ids: ['item'], config, options: {} };
}

/** DCN with the paper's sizes for user tasks. */
export function userDcn(config: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: ['item'],
    config: { projectionWidth: 64, crossLayers: 3, deepWidths: [64, 64], ...config },
    options: { learningRate: 1e-3, weightDecay: 1e-5, tasksPerStep: 32, episodes: { shortSupportShare: 0 } },
  };
}

/** MeLU with the sizes of the paper of CMML; MetaCS-DNN with `adapted` "all". */
export function userMaml(config: object): TrainingRecipe {
  return {
    kind: 'maml',
    ids: ['item'],
    config,
    options: { learningRate: 1e-3, weightDecay: 1e-5, tasksPerStep: 32, epochs: 30 },
  };
}

/** TaNP with the sizes of its authors' code. */
export function userTanp(config: object): TrainingRecipe {
  return {
    kind: 'tanp',
    ids: ['item'],
    config,
    options: { learningRate: 1e-3, weightDecay: 1e-5, tasksPerStep: 32 },
  };
}

/** CoNet that compares what users like with what they do not know, with the fine-tuning of DCN-F. */
export function userConet(config: object): TrainingRecipe {
  return {
    kind: 'conet',
    ids: ['item'],
    config: { objective: 'bpr', fineTuning: { steps: 5, learningRate: 2e-4 }, ...config },
    options: {
      learningRate: 1e-3,
      weightDecay: 1e-5,
      tasksPerStep: 32,
      episodes: { shortSupportShare: 0, negatives: 'both' },
    },
  };
}

/** s²Meta with the layers of the paper of CMML. */
export function userS2Meta(config: object): TrainingRecipe {
  return {
    kind: 's2meta',
    ids: ['item'],
    config,
    options: { learningRate: 1e-3, weightDecay: 1e-5, tasksPerStep: 8 },
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

export const scenarioEpisodes = {
  supportPairs: 64,
  queryPairs: 128,
  queryShare: 0.5,
  minimumPairs: 160,
  shortSupportShare: 0,
  negatives: 'both',
} as const;

export const scenarioTraining = {
  tasksPerStep: 4,
  learningRate: 1e-3,
  validationEpisodes: 4,
  patience: 15,
  featureDropout: 0.05,
  idDropout: 0.05,
  episodes: scenarioEpisodes,
} as const;

/** The default for scenarios: query pairs are new to the factors, and models also read the products of factors. */
export const scenarioByDefault = {
  config: { factorProduct: true },
  options: { ...scenarioTraining, epochs: 40, weightDecay: 1e-3, heldOutShare: 0.3 },
};

/** The part of a recipe that all models of a setting share. */
interface Setting {
  readonly config: object;
  readonly options: TrainingOptionsInput;
}

/** CMML with a pooling or a sequential encoder, in the paper's sizes. */
export function scenarioCmml(
  { config, options }: Setting,
  parts: { encoder?: string; hybrid?: string; modulation: string },
): TrainingRecipe {
  const { encoder = 'gru' } = parts;
  const contextWidths = encoder === 'gru' ? [256] : [128, 128];
  return {
    kind: 'cmml',
    ids: ['user', 'item'],
    config: { ...sizes, ...config, contextWidths, encoder, ...parts },
    options,
  };
}

/** DCN with the paper's layers, on factors. */
export function scenarioDcn({ config, options }: Setting, fineTuning: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', deepWidths: [64, 64], ...config, fineTuning },
    options,
  };
}

/** MAML with the paper's layers, on factors. */
export function scenarioMaml({ config, options }: Setting, adaptation: object): TrainingRecipe {
  return {
    kind: 'maml',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', layerWidths: [64, 64, 64], ...config, ...adaptation },
    options,
  };
}

/** CoNet with the towers of its paper, on factors. */
export function scenarioConet({ config, options }: Setting, fineTuning: object): TrainingRecipe {
  return {
    kind: 'conet',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', ...config, fineTuning },
    options,
  };
}

/** TaNP on factors, with the sizes of its authors' code. */
export function scenarioTanp({ config, options }: Setting): TrainingRecipe {
  return {
    kind: 'tanp',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', ...config },
    options,
  };
}
/** The fine-tuning of DCN-F on scenarios. */
export const scenarioFineTuning = { steps: 10, learningRate: 1e-3 } as const;

/** s²Meta with the paper's layers, on factors. */
export function scenarioS2Meta({ config, options }: Setting): TrainingRecipe {
  return {
    kind: 's2meta',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', layerWidths: [64, 32, 16], ...config },
    // On validation scenarios of MovieLens, Recall@20 is 0.603 at 1e-3, and 0.621 at 3e-3 (one seed).
    options: { ...options, learningRate: 3e-3 },
  };
}

/** A model that is computed from the positives of all users with enough interactions. */
function closedForm(kind: RecommenderKind, options: TrainingOptionsInput): TrainingRecipe {
  return { kind, ids: ['item'], config: {}, options };
}

/** Whole histories, also short ones: closed forms need no support and query sets. */
const userHistories: TrainingOptionsInput = {
  historyLimit: largest.pairs,
  validationShare: 0,
  episodes: { minimumPairs: 2 },
};
const scenarioHistories: TrainingOptionsInput = { validationShare: 0, episodes: scenarioEpisodes };

/** The default recipe of each kind of model. */
export const recipesByKind: Record<TaskKind, Record<RecommenderKind, TrainingRecipe>> = {
  USER: {
    cmml: userListCmml({}),
    dcn: userDcn({}),
    maml: userMaml({}),
    s2meta: userS2Meta({}),
    tanp: userTanp({}),
    conet: userConet({}),
    itemPopularity: closedForm('itemPopularity', userHistories),
    ease: closedForm('ease', userHistories),
    itemKnn: closedForm('itemKnn', userHistories),
    ials: closedForm('ials', userHistories),
  },
  SCENARIO: {
    cmml: scenarioCmml(scenarioByDefault, { modulation: 'film' }),
    dcn: scenarioDcn(scenarioByDefault, {}),
    maml: scenarioMaml(scenarioByDefault, {}),
    s2meta: scenarioS2Meta(scenarioByDefault),
    tanp: scenarioTanp(scenarioByDefault),
    conet: scenarioConet(scenarioByDefault, scenarioFineTuning),
    itemPopularity: closedForm('itemPopularity', { episodes: scenarioEpisodes }),
    ease: closedForm('ease', scenarioHistories),
    itemKnn: closedForm('itemKnn', scenarioHistories),
    ials: closedForm('ials', scenarioHistories),
  },
};

/** The default recipe of each kind of task. */
export const defaultRecipes: Record<TaskKind, TrainingRecipe> = {
  USER: recipesByKind.USER.cmml,
  SCENARIO: recipesByKind.SCENARIO.cmml,
};
