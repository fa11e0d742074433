import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { holdOut } from '../../src/tasks/held-out.ts';
import { pretrainFactors } from '../../src/training/pretrain-factors.ts';
import type { TrainingResult } from '../../src/training/train.ts';
import type { TrainingOptionsInput } from '../../src/training/training-options.ts';
import { planTraining } from '../../src/training/training-plan.ts';
import type { TrainingProgress } from '../../src/training/training-request.ts';
import { plantedData } from './planted-data.ts';
import { tasteData } from './taste-data.ts';
import { parsedRequest, type RecipeRequest, trainRecipe } from './train-recipe.ts';

const data = plantedData({ taskKind: 'USER', tasks: 48, seed: 1 });
const config = {
  embedding: 'both',
  factorProduct: true,
  factorWidth: 6,
  embeddingWidth: 3,
  objective: 'bpr',
  labelWidths: [3],
  contextWidths: [6],
  hyperWidths: [6],
  backboneWidths: [6],
  ridgeWidth: 3,
};
const options: TrainingOptionsInput = {
  epochs: 1,
  tasksPerStep: 16,
  factors: { regularization: 2, alpha: 5 },
  episodes: { supportPairs: 6, queryPairs: 4, minimumPairs: 8, negatives: 'both' },
};

async function trainOnFactors(changes: Partial<RecipeRequest> = {}) {
  return trainRecipe({ kind: 'cmml', config, options, data, engine: await openEngine('onnx'), ...changes });
}

describe('train with factors', () => {
  const phases: TrainingProgress['phase'][] = [];
  let first: TrainingResult;
  beforeAll(async () => {
    first = await trainOnFactors({ onProgress: ({ phase }) => phases.push(phase) });
  });

  test('gives the same artifact for the same seed, and another one for another seed', async () => {
    expect(await trainOnFactors()).toEqual(first);
    const other = await trainOnFactors({ options: { ...options, seed: 2 } });
    expect(other.artifact.parameters['user.factors']).not.toEqual(first.artifact.parameters['user.factors']);
    expect(other.artifact.parameters['backbone.1.weight']).not.toEqual(first.artifact.parameters['backbone.1.weight']);
  });

  test('does not change the pre-trained factors', async () => {
    const { artifact } = first;
    const made = await pretrainFactors(data, {
      options: { ...options.factors, iterations: 15, factors: 6, seed: 1 },
      isHeldOut: holdOut(0.3, 1),
    });
    expect(artifact.parameters).toMatchObject(made.parameters);
    const declared = Object.keys(declareCmml(parseCmmlConfig(artifact.config), data.schema));
    expect(Object.keys(artifact.parameters).sort()).toEqual(declared.sort());
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    expect(await recommender.embedUsers(data.users)).toMatchObject({ rows: 48, width: 12 });
    recommender.dispose();
  });

  test('reports the progress of the factors before the first step', () => {
    expect(phases.lastIndexOf('factors')).toBeLessThan(phases.indexOf('training'));
    expect(phases[0]).toBe('factors');
  });

  test('refuses data without the IDs that factors belong to', async () => {
    const training = trainOnFactors({ data: tasteData(40, 1) });
    await expect(training).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(/^embedding: expected "features", because factors require IDs/),
    });
  });

  test('refuses to hold out all pairs', async () => {
    await expect(trainOnFactors({ options: { ...options, heldOutShare: 1 } })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(/heldOutShare: .*got 1/),
    });
  });
});

describe('planTraining', () => {
  const planOf = async (changes: Partial<RecipeRequest>) =>
    planTraining(parsedRequest({ kind: 'cmml', config, options, data, engine: await openEngine('onnx'), ...changes }));

  test('holds out the same pairs in tasks and in pre-training', async () => {
    const { data: planned } = await planOf({ options: { ...options, heldOutShare: 0.4, seed: 3 } });
    const isHeldOut = holdOut(0.4, 3);
    const marks = planned.tasks.flatMap(({ users, items, heldOut }) =>
      [...items].map((item, pair) => {
        expect(heldOut?.[pair]).toBe(isHeldOut(users[0] as number, item) ? 1 : 0);
        return heldOut?.[pair];
      }),
    );
    expect(new Set(marks)).toEqual(new Set([0, 1]));
  });

  test.each([
    ['without factors', { config: { objective: 'bpr' } }],
    ['with factors of all pairs', { options: { ...options, heldOutShare: 0 } }],
  ])('holds out no pairs %s', async (_, changes) => {
    const { data: planned } = await planOf(changes);
    expect(planned.tasks.every(({ heldOut }) => heldOut === undefined)).toBe(true);
  });
});
