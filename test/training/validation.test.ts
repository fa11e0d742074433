import { expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import type { TrainableModel } from '../../src/training/trainable-model.ts';
import type { TrainingOptionsInput } from '../../src/training/training-options.ts';
import { planTraining, type TrainingPlan } from '../../src/training/training-plan.ts';
import { compileValidation } from '../../src/training/validation.ts';
import { tasteConfig, tasteData, tasteOptions } from './taste-data.ts';
import { parsedRequest, trainRecipe } from './train-recipe.ts';

const data = tasteData(60, 1);
const few: TrainingOptionsInput = { ...tasteOptions, epochs: 1, tasksPerStep: 4, validationShare: 0.1 };

/** The loss of the untrained model on episodes that the seed draws. */
async function lossOf(options: TrainingOptionsInput): Promise<number> {
  const engine = await openEngine('onnx');
  const request = {
    kind: 'cmml' as const,
    config: { ...tasteConfig, labels: { mean: 3, deviation: 2 } },
    data,
    engine,
  };
  // One seed determines the tasks and the parameters, so only the episodes differ.
  const fixed = await planTraining(parsedRequest({ ...request, options: few }));
  const { options: parsed } = await planTraining(parsedRequest({ ...request, options }));
  const plan = { ...fixed, options: parsed } as TrainingPlan<TrainableModel>;
  const validation = await compileValidation(plan, engine);
  const loss = await validation.lossOf(plan.model.parameters);
  expect(await validation.lossOf(plan.model.parameters)).toBe(loss);
  validation.dispose();
  return loss as number;
}

test('with more episodes of each validation task, the loss depends less on the draw', async () => {
  const deviationWith = async (validationEpisodes: number) => {
    const losses: number[] = [];
    for (let seed = 1; seed <= 8; seed++) losses.push(await lossOf({ ...few, seed, validationEpisodes }));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    return Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1));
  };
  const [one, many] = [await deviationWith(1), await deviationWith(16)];
  expect(one).toBeGreaterThan(0);
  // Sixteen times the episodes give about a quarter of the deviation.
  expect(many).toBeLessThan(0.6 * one);
});

test('the validation episodes are the same in each training of a seed, for any number of them', async () => {
  const engine = await openEngine('onnx');
  const losses = async (validationEpisodes: number) =>
    (
      await trainRecipe({
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

test('a task without query pairs does not count', async () => {
  const engine = await openEngine('onnx');
  const options = { ...few, tasksPerStep: 1 };
  const withoutQuery = (task: Task): Task => ({ ...task, heldOut: new Uint8Array(task.items.length) });
  const tasks = data.tasks.map((task, index) => (index === 1 ? withoutQuery(task) : task));
  const request = parsedRequest({ kind: 'cmml', config: tasteConfig, data: { ...data, tasks }, engine, options });
  const plan = (await planTraining(request)) as TrainingPlan<TrainableModel>;
  const lossOver = async (...validation: number[]) => {
    const changed = { ...plan, tasks: { ...plan.tasks, validation: Int32Array.from(validation) } };
    const compiled = await compileValidation(changed, engine);
    const loss = await compiled.lossOf(plan.model.parameters);
    compiled.dispose();
    return loss;
  };
  const alone = await lossOver(0);
  expect(alone).toBeGreaterThan(0);
  expect(await lossOver(0, 1)).toBe(alone);
  expect(await lossOver(1)).toBe(0);
});

test('refuses a query share of 0 and names it', async () => {
  const options = { ...few, episodes: { ...tasteOptions.episodes, queryShare: 0 } };
  await expect(trainRecipe({ kind: 'cmml', options, data, engine: await openEngine('onnx') })).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringMatching(/episodes\.queryShare: .*got 0/),
  });
});
