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

const training = {
  tasksPerStep: 4,
  learningRate: 1e-3,
  validationEpisodes: 4,
  patience: 15,
  episodes,
} as const;

/** How models are trained by default: what is predicted is new to the factors, whose products are read, too. */
const byDefault = {
  config: { factorProduct: true },
  options: { ...training, epochs: 40, weightDecay: 1e-3, heldOutShare: 0.3 },
};

/** As in the paper: factors are made from all that may be known, and read side by side. */
const asInPaper = {
  config: { factorProduct: false },
  options: { ...training, epochs: 60, weightDecay: 1e-5, heldOutShare: 0 },
};

type Manner = typeof byDefault | typeof asInPaper;

/** CMML with a pooling or a sequential encoder, as the paper sizes them. */
function cmml(
  { config, options }: Manner,
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

function dcn({ config, options }: Manner, fineTuning: object): TrainingRecipe {
  return {
    kind: 'dcn',
    ids: ['user', 'item'],
    config: { embedding: 'factors', objective: 'hinge', deepWidths: [64, 64], ...config, fineTuning },
    options,
  };
}

const fineTuning = { steps: 10, learningRate: 1e-3 };

/** Of tables 4 and 9, whose rows all modulate the weights of the last layer. */
const linear = { modulation: 'linear' };
const pooled = cmml(asInPaper, { ...linear, encoder: 'meanPool', hybrid: 'none' });

/** Models for tasks that are scenarios, in which users are recommended items. */
export const scenarioModels: Readonly<Record<string, TrainingRecipe>> = {
  film: cmml(byDefault, { modulation: 'film' }),
  soft: cmml(byDefault, { modulation: 'softModules' }),
  linear: cmml(byDefault, linear),
  sigmoid: cmml(byDefault, { modulation: 'sigmoid' }),
  dcn: dcn(byDefault, {}),
  'dcn-f': dcn(byDefault, fineTuning),
  itempop: { kind: 'itemPopularity', ids: ['item'], config: {}, options: { episodes } },
  'film-paper': cmml(asInPaper, { modulation: 'film' }),
  'soft-paper': cmml(asInPaper, { modulation: 'softModules' }),
  'linear-paper': cmml(asInPaper, linear),
  'sigmoid-paper': cmml(asInPaper, { modulation: 'sigmoid' }),
  'dcn-paper': dcn(asInPaper, {}),
  'dcn-f-paper': dcn(asInPaper, fineTuning),
  'non-negative': {
    ...pooled,
    options: { ...asInPaper.options, episodes: { ...episodes, negatives: 'query' } },
  },
  pe: pooled,
  se: cmml(asInPaper, { ...linear, hybrid: 'none' }),
  'se-mlp': cmml(asInPaper, { ...linear, hybrid: 'mlp' }),
  'se-dot': cmml(asInPaper, { ...linear, hybrid: 'dot' }),
};
