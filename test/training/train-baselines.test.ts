import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { evaluateRatings } from '../../src/evaluation/evaluate-ratings.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureSchema } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import type { DcnConfigInput } from '../../src/models/dcn/dcn-config.ts';
import { countsParameter } from '../../src/models/item-popularity.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import { interactionsOf, type TrainingData } from '../../src/tasks/training-data.ts';
import { tasteData, tasteEpisodes, tasteOptions } from './taste-data.ts';
import { trainRecipe } from './train-recipe.ts';

const dcnConfig: DcnConfigInput = { embeddingWidth: 4, projectionWidth: 8, deepWidths: [16, 16] };
const episodes = tasteEpisodes;

async function trainDcn(data: TrainingData, config: DcnConfigInput, epochs: number) {
  const engine = await openEngine('onnx');
  const options = { ...tasteOptions, epochs };
  return trainRecipe({ kind: 'dcn', data, engine, config: { ...dcnConfig, ...config }, options });
}

describe('train, with kind dcn', () => {
  test('learns how users with a feature rate items with another feature', async () => {
    const { artifact, validationLoss } = await trainDcn(tasteByCountry(tasteData(160, 1)), {}, 10);
    // Predicting the mean has a squared error of 2².
    expect(validationLoss).toBeLessThan(0.2);
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const newUsers = tasteByCountry(tasteData(60, 2), artifact.schema);
    const { mae } = await evaluateRatings(recommender, newUsers, { episodes });
    expect(mae).toBeLessThan(0.4);
    recommender.dispose();
  });

  test('learns what only the task shows if it is fine-tuned, and not otherwise', async () => {
    const { artifact } = await trainDcn(tasteData(160, 1), {}, 5);
    const newUsers = tasteData(40, 2);
    const maeOf = async (steps: number) => {
      const config = { ...(artifact.config as object), fineTuning: { steps, learningRate: 0.02 } };
      const recommender = await loadRecommender({ ...artifact, config }, await openEngine('onnx'));
      const { mae } = await evaluateRatings(recommender, newUsers, { episodes });
      recommender.dispose();
      return mae;
    };
    const [plain, few, many] = [await maeOf(0), await maeOf(3), await maeOf(30)];
    expect(plain).toBeGreaterThan(1.8);
    expect(few).toBeLessThan(plain - 0.05);
    expect(many).toBeLessThan(0.5);
  });

  test('learns from query sets alone if support sets have only positives', async () => {
    const engine = await openEngine('onnx');
    const options = { ...tasteOptions, epochs: 1, episodes: { ...episodes, negatives: 'query' as const } };
    const config = { ...dcnConfig, objective: 'hinge' };
    const { validationLoss } = await trainRecipe({ kind: 'dcn', data: tasteData(40, 1), engine, config, options });
    expect(validationLoss).toBeLessThan(2);
  });
});

describe('train, with kind itemPopularity', () => {
  test('counts all interactions at once, without an epoch', async () => {
    const data = withItemIds(tasteData(40, 1));
    const engine = await openEngine('wasm');
    const result = await trainRecipe({ kind: 'itemPopularity', data, engine, options: { ...tasteOptions } });
    expect(result).toMatchObject({ epochs: 0, bestEpoch: 0, validationLoss: undefined, trainingTasks: 36 });
    const counts = result.artifact.parameters[countsParameter]?.data as Float32Array;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(interactionsOf(data).items.length);
    const recommender = await loadRecommender(result.artifact, engine);
    const items = await recommender.embedItems(data.items);
    const user = { rows: 1, width: 1, data: new Float32Array(1) };
    const { trainingCount } = await recommender.explain(
      await recommender.adapt({ users: user, items: { ...items, rows: 0 }, labels: new Float32Array() }),
      user,
      items,
    );
    const third = interactionsOf(data).items.filter((item) => item === 3).length;
    expect(trainingCount?.data[3]).toBe(third);
  });

  test('refuses data without IDs of items', async () => {
    const request = {
      data: tasteData(40, 1),
      engine: await openEngine('wasm'),
      options: { ...tasteOptions },
    };
    await expect(trainRecipe({ kind: 'itemPopularity', ...request })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('no item field "id"'),
    });
  });
});

/** The taste data with the country of a user showing what the user likes. */
function tasteByCountry(data: TrainingData, schema?: FeatureSchema): TrainingData {
  const people = data.tasks.map(({ items, labels }) => {
    const likesEven = (labels[0] === 5) === ((items[0] as number) % 2 === 0);
    return { country: likesEven ? 'X' : 'Y' };
  });
  return encoded(data, people, ['genre'], schema);
}

function withItemIds(data: TrainingData): TrainingData {
  return encoded(
    data,
    data.tasks.map(() => ({ country: 'X' })),
    ['genre', 'id'],
  );
}

/** Encodes by the given schema, or by one that is fitted on these users and items. */
function encoded(
  data: TrainingData,
  people: { country: string }[],
  itemFields: string[],
  given?: FeatureSchema,
): TrainingData {
  const items = Array.from({ length: data.items.rows }, (_, item) => ({
    genre: item % 2 === 0 ? 'comedy' : 'drama',
    id: `item ${item}`,
  }));
  const fields = [
    { entity: 'user' as const, name: 'country', kind: 'categorical' as const },
    ...itemFields.map((name) => ({ entity: 'item' as const, name, kind: 'categorical' as const })),
  ];
  const schema = given ?? fitFeatureSchema(fields, people, items);
  const users = encodeFeatures(schema, 'user', people);
  return { ...data, schema, users, items: encodeFeatures(schema, 'item', items) };
}
