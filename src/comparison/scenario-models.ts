import {
  scenarioCmml as cmml,
  scenarioDcn as dcn,
  scenarioEpisodes as episodes,
  scenarioOptions as options,
} from '../training/default-recipes.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';

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
