import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import type { FeatureSchema } from '../../src/features/feature-schema.ts';
import type { ObjectiveKind } from '../../src/models/objectives.ts';
import { type ModelArtifact, selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { type TaskKind, taskKinds, userOf } from '../../src/tasks/training-data.ts';
import type { TrainingOptionsInput } from '../../src/training/training-options.ts';
import { groupOf, groups, plantedData } from './planted-data.ts';
import { trainRecipe } from './train-recipe.ts';

const implicitObjectives = ['bce', 'hinge', 'bpr'] as const satisfies readonly ObjectiveKind[];
const cases = taskKinds.flatMap((taskKind) => implicitObjectives.map((objective) => ({ taskKind, objective })));

const sizes = {
  embeddingWidth: 4,
  labelWidths: [4],
  contextWidths: [16],
  hyperWidths: [16],
  backboneWidths: [16],
};
const episodes: Record<TaskKind, TrainingOptionsInput['episodes']> = {
  USER: { supportPairs: 4, queryPairs: 4, minimumPairs: 8, shortSupportShare: 0, negatives: 'both' },
  SCENARIO: { supportPairs: 10, queryPairs: 10, minimumPairs: 20, shortSupportShare: 0, negatives: 'both' },
};

function optionsOf(taskKind: TaskKind): TrainingOptionsInput {
  return { epochs: 20, tasksPerStep: 16, learningRate: 0.01, episodes: episodes[taskKind] };
}

/**
 * Returns how often the model of a new task scores an item of its group above an item of another group. The support set
 * has the first `support` pairs of the task, each with an item of another group as negative. Chance gives one half.
 */
async function orderedShare(
  artifact: ModelArtifact,
  { taskKind, support, tells }: { taskKind: TaskKind; support: number; tells: boolean },
): Promise<number> {
  const schema = artifact.schema as FeatureSchema;
  const data = plantedData({ taskKind, tasks: 24, seed: 99, tells, schema });
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  let [ordered, compared] = [0, 0];
  for (const [row, task] of data.tasks.entries()) {
    const pairs = [...Array(support).keys()];
    const people = pairs.map((pair) => userOf(task, pair));
    const liked = pairs.map((pair) => task.items[pair] as number);
    const adaptation = await recommender.adapt({
      users: selectEmbeddings(users, [...people, ...people]),
      // The next item is in another group.
      items: selectEmbeddings(items, [...liked, ...liked.map((item) => (item + 1) % items.rows)]),
      labels: Float32Array.from([...pairs.map(() => 1), ...pairs.map(() => 0)]),
    });
    const user = selectEmbeddings(users, [userOf(task, 0)]);
    const scores = await recommender.score(adaptation, user, items);
    for (const [item, score] of scores.entries()) {
      if (groupOf(item) !== groupOf(row)) continue;
      for (const [other, below] of scores.entries()) {
        if (groupOf(other) === groupOf(row)) continue;
        compared++;
        if (score > below) ordered++;
      }
    }
  }
  recommender.dispose();
  return ordered / compared;
}

describe.each(cases)('train of $taskKind tasks with $objective', ({ taskKind, objective }) => {
  test('learns from pairs and negatives to find the group of a new task by two pairs', async () => {
    const { artifact } = await trainRecipe({
      kind: 'cmml',
      config: { ...sizes, objective, contextShrinkage: 0, ridgeWidth: 4 },
      options: optionsOf(taskKind),
      data: plantedData({ taskKind, tasks: 96, seed: 1 }),
      engine: await openEngine('onnx'),
    });
    const shared = { taskKind, tells: false };
    expect(await orderedShare(artifact, { ...shared, support: 2 })).toBeGreaterThan(0.85);
    // Only the pairs show the group.
    expect(await orderedShare(artifact, { ...shared, support: 0 })).toBeLessThan(0.7);
  });
});

test.each(implicitObjectives)('train of a DCN with %s learns what users with a feature like', async (objective) => {
  const { artifact } = await trainRecipe({
    kind: 'dcn',
    config: { embeddingWidth: 4, deepWidths: [16], objective },
    options: optionsOf('USER'),
    data: plantedData({ taskKind: 'USER', tasks: 96, seed: 1, tells: true }),
    engine: await openEngine('onnx'),
  });
  expect(await orderedShare(artifact, { taskKind: 'USER', support: 0, tells: true })).toBeGreaterThan(0.95);
});

test('train learns to adapt to support sets with only positives', async () => {
  const { artifact } = await trainRecipe({
    kind: 'cmml',
    config: { ...sizes, objective: 'hinge', contextShrinkage: 0 },
    options: { ...optionsOf('USER'), episodes: { ...episodes.USER, negatives: 'query' } },
    data: plantedData({ taskKind: 'USER', tasks: 96, seed: 1 }),
    engine: await openEngine('onnx'),
  });
  expect(artifact.config).toMatchObject({ supportLimit: 4, labels: { mean: 0, deviation: 1 } });
  const data = plantedData({ taskKind: 'USER', tasks: 24, seed: 99, schema: artifact.schema });
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const users = await recommender.embedUsers(data.users);
  const items = await recommender.embedItems(data.items);
  const firsts: number[] = [];
  for (const [row, task] of data.tasks.entries()) {
    const user = selectEmbeddings(users, [row]);
    const adaptation = await recommender.adapt({
      users: user,
      items: selectEmbeddings(items, task.items.subarray(0, 3)),
      labels: Float32Array.of(1, 1, 1),
    });
    const scores = await recommender.score(adaptation, user, items);
    if (groupOf(scores.indexOf(Math.max(...scores))) === groupOf(row)) firsts.push(row);
  }
  recommender.dispose();
  // Chance gives one in four.
  expect(firsts.length / data.tasks.length).toBeGreaterThan(2.5 / groups);
});

describe('an objective that compares positives with negatives', () => {
  const data = plantedData({ taskKind: 'USER', tasks: 24, seed: 1 });
  const kinds = ['cmml', 'dcn'] as const;
  const refused = kinds.flatMap((kind) => implicitObjectives.map((objective) => ({ kind, objective })));

  test.each(refused)('is refused without negatives: $kind with $objective', async (each) => {
    const { kind, objective } = each;
    const options = { ...optionsOf('USER'), episodes: { ...episodes.USER, negatives: 'none' as const } };
    const training = trainRecipe({
      kind,
      config: { objective },
      options,
      data,
      engine: await openEngine('onnx'),
    });
    await expect(training).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: `objective: "${objective}" compares positives with negatives; expected episodes.negatives to be "query" or "both", got "none"`,
    });
  });
});
