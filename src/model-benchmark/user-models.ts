import { userCmml as cmml, userDcn as dcn } from '../training/default-recipes.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';

const dcnFineTuning = { steps: 5, learningRate: 2e-4 };

/** CMML as the paper's authors trained it. */
function paperCmml(config: object): TrainingRecipe {
  return {
    kind: 'cmml',
    ids: [],
    config: { contextShrinkage: 0, ridgeWidth: 0, hyperWidths: [256, 256], ...config },
    options: {
      learningRate: 3e-4,
      learningRateSchedule: 'constant',
      weightDecay: 1e-5,
      tasksPerStep: 32,
      epochs: 30,
      episodes: { queryPairs: 10, queryShare: 1, shortSupportShare: 0 },
    },
  };
}

const [plainDcn, tunedDcn] = [dcn({}), dcn({ fineTuning: dcnFineTuning })];

/** Models for tasks that are users, whose ratings are predicted. */
export const userModels: Readonly<Record<string, TrainingRecipe>> = {
  film: cmml({ modulation: 'film' }),
  soft: cmml({ modulation: 'softModules' }),
  linear: cmml({ modulation: 'linear' }),
  sigmoid: cmml({ modulation: 'sigmoid' }),
  dcn: plainDcn,
  'dcn-f': tunedDcn,
  itempop: { kind: 'itemPopularity', ids: ['item'], config: {}, options: {} },
  'film-paper': paperCmml({ modulation: 'film' }),
  'soft-paper': paperCmml({ modulation: 'softModules' }),
  'linear-paper': paperCmml({ modulation: 'linear' }),
  'sigmoid-paper': paperCmml({ modulation: 'sigmoid' }),
  'dcn-paper': { ...plainDcn, ids: [] },
  'dcn-f-paper': { ...tunedDcn, ids: [] },
};
