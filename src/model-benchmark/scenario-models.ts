import {
  scenarioByDefault as byDefault,
  scenarioCmml as cmml,
  scenarioDcn as dcn,
  scenarioEpisodes as episodes,
  scenarioTraining as training,
} from '../training/default-recipes.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';

/** As in the paper: factors are made from all that may be known, and read side by side. */
const asInPaper = {
  config: { factorProduct: false },
  options: { ...training, epochs: 60, weightDecay: 1e-5, heldOutShare: 0 },
};

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
