import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { rowWithout } from '../../src/features/dropped-features.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { planTraining, type TrainingPlan } from '../../src/training/training-plan.ts';
import { compileValidation } from '../../src/training/validation.ts';
import { pairsOf, plantedData } from './planted-data.ts';
import { parsedRequest, type RecipeRequest } from './train-recipe.ts';

const data = plantedData({ taskKind: 'SCENARIO', tasks: 8, seed: 1 });
/** Interactions that are not those of the scenarios. */
const interactions = pairsOf([
  [0, 7],
  [1, 4],
  [2, 30],
]);

async function planOf(changes: Partial<RecipeRequest>): Promise<TrainingPlan> {
  const request = parsedRequest({
    kind: 'conet',
    config: { objective: 'bpr', embeddingWidth: 2, sourceWidths: [4, 3], targetWidths: [4, 3] },
    options: {
      tasksPerStep: 4,
      validationShare: 0.25,
      episodes: { supportPairs: 5, queryPairs: 6, minimumPairs: 10, negatives: 'both' },
    },
    data: { ...data, interactions },
    engine: await openEngine('onnx'),
    ...changes,
  });
  return (await planTraining(request)) as TrainingPlan;
}

/** Returns copies of a tensor's values in all batches of an epoch. */
function valuesOf({ batches, tasks }: TrainingPlan, name: string, dropout?: { featureDropout: number }): number[][] {
  const source = batches(dropout && { idDropout: 0, ...dropout });
  const epoch = source.epoch(tasks.training, randomSource(1));
  return Array.from(epoch, () => [...(source.tensors[name]?.data ?? [])]);
}

describe('batches of CoNet', () => {
  test('have as many places for source pairs as for pairs of tasks, drawn from all interactions', async () => {
    const plan = await planOf({});
    const { inputs, tensors } = plan.batches();
    // Four tasks with 5 and 6 pairs and a negative for each.
    expect(inputs.sourceItems).toEqual({ dtype: 'int32', shape: [1, 88] });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(inputs).sort());
    const [first, second] = valuesOf(plan, 'sourceItems') as [number[], number[]];
    expect(new Set(first.slice(0, 44))).toEqual(new Set([4, 7, 30]));
    expect(second).not.toEqual(first);
    expect(valuesOf(plan, 'sourceItems')).toEqual([first, second]);
  });

  test('drop features of source pairs too', async () => {
    const rows = valuesOf(await planOf({}), 'sourceItems', { featureDropout: 1 }).flat();
    expect(new Set(rows)).toEqual(new Set([rowWithout.features(40)]));
  });

  test('draw source pairs from the tasks if the data has no other interactions', async () => {
    const plan = await planOf({ data });
    const known = new Set(
      data.tasks.flatMap(({ users, items }) => [...items].map((item, at) => `${users[at]} ${item}`)),
    );
    const [users, items] = [valuesOf(plan, 'sourceUsers')[0] ?? [], valuesOf(plan, 'sourceItems')[0] ?? []];
    for (let place = 0; place < 44; place++) expect(known.has(`${users[place]} ${items[place]}`)).toBe(true);
  });

  test('validate with the same source pairs after every epoch', async () => {
    const plan = await planOf({});
    const validation = await compileValidation(plan, await openEngine('onnx'));
    const loss = await validation.lossOf(plan.model.parameters);
    expect(loss).toBeGreaterThan(0);
    expect(await validation.lossOf(plan.model.parameters)).toBe(loss);
    validation.dispose();
  });

  test('are refused before the training if there are no interactions, with the field that needs them', async () => {
    await expect(planOf({ data: { ...data, interactions: pairsOf([]) } })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      field: ['sourceWeight'],
      message: expect.stringMatching(/^sourceWeight: expected data with interactions .* got none; import interactions/),
    });
  });
});
