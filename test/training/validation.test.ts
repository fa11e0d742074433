import { expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { train } from '../../src/training/train.ts';
import type { TrainableModel } from '../../src/training/trainable-model.ts';
import type { TrainingOptionsInput } from '../../src/training/training-options.ts';
import { planTraining, type TrainingPlan } from '../../src/training/training-plan.ts';
import { compileValidation } from '../../src/training/validation.ts';
import { tasteConfig, tasteData, tasteOptions } from './taste-data.ts';

const data = tasteData(60, 1);
const few: TrainingOptionsInput = { ...tasteOptions, epochs: 1, tasksPerStep: 4, validationShare: 0.1 };

/** The loss of the untrained model over validation tasks that the seed draws episodes of. */
async function lossOf(options: TrainingOptionsInput): Promise<number> {
  const engine = await openEngine('onnx');
  const request = {
    kind: 'cmml' as const,
    config: { ...tasteConfig, labels: { mean: 3, deviation: 2 } },
    data,
    engine,
  };
  // The tasks and the parameters of one seed, so that episodes alone differ.
  const fixed = await planTraining({ ...request, options: few });
  const { options: parsed } = await planTraining({ ...request, options });
  const plan = { ...fixed, options: parsed } as TrainingPlan<TrainableModel>;
  const validation = await compileValidation(plan, engine);
  const loss = await validation.lossOf(plan.model.parameters);
  expect(await validation.lossOf(plan.model.parameters)).toBe(loss);
  validation.dispose();
  return loss as number;
}

test('more episodes of each validation task make the loss depend less on which were drawn', async () => {
  const deviationWith = async (validationEpisodes: number) => {
    const losses: number[] = [];
    for (let seed = 1; seed <= 12; seed++) losses.push(await lossOf({ ...few, seed, validationEpisodes }));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    return Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1));
  };
  const [one, many] = [await deviationWith(1), await deviationWith(16)];
  expect(one).toBeGreaterThan(0);
  // Sixteen times the episodes: about a quarter of the deviation.
  expect(many).toBeLessThan(0.6 * one);
});

test('the episodes that validate are the same in each training of a seed, however many there are', async () => {
  const engine = await openEngine('onnx');
  const losses = async (validationEpisodes: number) =>
    (
      await train({
        kind: 'cmml',
        config: tasteConfig,
        options: { ...few, validationEpisodes },
        data,
        engine,
      })
    ).validationLoss;
  const [once, again, often] = [await losses(4), await losses(4), await losses(1)];
  expect(again).toBe(once);
  expect(often).not.toBe(once);
});

test('a share of 0 is no share of pairs to predict, and is refused by name', async () => {
  const options = { ...few, episodes: { ...tasteOptions.episodes, queryShare: 0 } };
  await expect(
    train({ kind: 'cmml', options, data, engine: await openEngine('onnx') }),
  ).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringMatching(/episodes\.queryShare: .*got 0/),
  });
});
