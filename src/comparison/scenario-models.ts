import type { TrainingRecipe } from '../training/training-recipe.ts';

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

/** CMML with a pooling or a sequential encoder, as the paper sizes them. */
function cmml(config: { encoder?: string; hybrid?: string; modulation?: string }): TrainingRecipe {
  const { encoder = 'gru' } = config;
  const contextWidths = encoder === 'gru' ? [256] : [128, 128];
  return {
    kind: 'cmml',
    ids: ['user', 'item'],
    config: { ...sizes, contextWidths, encoder, ...config },
    options,
  };
}

function dcn(config: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', crossLayers: 3, deepWidths: [64, 64], ...config },
    options,
  };
}

/** Of tables 4 and 9, whose rows all modulate the weights of the last layer. */
const ablation = { modulation: 'linear' };
const pooled = cmml({ ...ablation, encoder: 'meanPool', hybrid: 'none' });

/** Models for tasks that are scenarios, in which users are recommended items. */
export const scenarioModels: Readonly<Record<string, TrainingRecipe>> = {
  film: cmml({ modulation: 'film' }),
  soft: cmml({ modulation: 'softModules' }),
  linear: cmml({ modulation: 'linear' }),
  sigmoid: cmml({ modulation: 'sigmoid' }),
  'non-negative': { ...pooled, options: { ...options, episodes: { ...episodes, negatives: 'query' } } },
  pe: pooled,
  se: cmml({ ...ablation, hybrid: 'none' }),
  'se-mlp': cmml({ ...ablation, hybrid: 'mlp' }),
  'se-dot': cmml({ ...ablation, hybrid: 'dot' }),
  dcn: dcn({}),
  'dcn-f': dcn({ fineTuning: { steps: 10, learningRate: 1e-3 } }),
  itempop: { kind: 'itemPopularity', ids: ['item'], config: {}, options: { episodes } },
};
