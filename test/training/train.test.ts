import { describe, expect, test } from '@jest/globals';
import type { HostTensor } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { evaluateRatings } from '../../src/evaluation/evaluate-ratings.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { modulationKinds } from '../../src/models/cmml/network-fields.ts';
import { initialize } from '../../src/models/parameter-declarations.ts';
import { loadRecommender } from '../../src/models/recommenders.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { TrainingDivergedError } from '../../src/training/epoch-trainer.ts';
import type { EpochProgress } from '../../src/training/training-request.ts';
import { tasteConfig, tasteData, tasteEpisodes, tasteOptions } from './taste-data.ts';
import { type RecipeRequest, trainRecipe } from './train-recipe.ts';

const data = tasteData(160, 1);

async function trainTaste(changes: Partial<RecipeRequest> = {}) {
  const engine = await openEngine('wasm');
  return trainRecipe({ kind: 'cmml', config: tasteConfig, options: tasteOptions, data, engine, ...changes });
}

describe('train', () => {
  test.each(modulationKinds)('with %s learns to adapt to new users', async (modulation) => {
    const { artifact } = await trainTaste({ config: { ...tasteConfig, modulation } });
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const newUsers = tasteData(60, 2);
    const episodes = tasteEpisodes;
    const adapted = await evaluateRatings(recommender, newUsers, { episodes });
    const afterOne = await evaluateRatings(recommender, newUsers, { episodes, maxSupportPairs: 1 });
    const before = await evaluateRatings(recommender, newUsers, { episodes, maxSupportPairs: 0 });
    // A user's mean label is 2 away from every label. A single interaction shows everything about the user.
    expect(adapted.mae).toBeLessThan(0.3);
    expect(afterOne.mae).toBeLessThan(0.3);
    expect(before.mae).toBeGreaterThan(1.5);
    expect(adapted.ndcg3).toBeGreaterThan(0.99);
    recommender.dispose();
  });

  test('with row-wise embeddings, does not change embeddings of a category that no batch uses', async () => {
    // The history of the only user of the second country is too short for training.
    const unused = tasteData(160, 1);
    const embeddings = async (rowWiseEmbeddings: boolean) => {
      const request = {
        data: withForeigner(unused),
        options: { ...tasteOptions, epochs: 1, rowWiseEmbeddings },
      };
      const { artifact } = await trainTaste(request);
      const width = artifact.parameters['user.embedding']?.shape[1] as number;
      const table = artifact.parameters['user.embedding']?.data as Float32Array;
      return { unused: table.slice(2 * width, 3 * width), used: table.slice(width, 2 * width) };
    };
    const [rowWise, dense] = [await embeddings(true), await embeddings(false)];
    const start = startOf(withForeigner(unused));
    expect(rowWise.unused).toEqual(start);
    // Otherwise weight decay changes the embedding.
    expect(dense.unused).not.toEqual(start);
    expect(rowWise.used).not.toEqual(start);
  });

  test('gives the same artifact for the same seed, and another one for another seed', async () => {
    const options = { ...tasteOptions, epochs: 2 };
    const [first, second, other] = [
      await trainTaste({ options }),
      await trainTaste({ options }),
      await trainTaste({ options: { ...options, seed: 2 } }),
    ];
    expect(second).toEqual(first);
    expect(other?.artifact.parameters).not.toEqual(first?.artifact.parameters);
  });

  test('reports every step and every validation', async () => {
    const reports: EpochProgress[] = [];
    const options = { ...tasteOptions, epochs: 2 };
    await trainTaste({ options, onProgress: (progress) => reports.push(progress as EpochProgress) });
    // 144 of 160 tasks train, 16 a step.
    const steps = reports.filter(({ phase }) => phase === 'training');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
    expect(steps.every(({ epochs, steps: all }) => epochs === 2 && all === 18)).toBe(true);
    const validations = reports.filter(({ phase }) => phase === 'validation');
    expect(validations.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 9],
      [2, 18],
    ]);
  });

  test('keeps the parameters of the best epoch, and stops after `patience` epochs without a better one', async () => {
    const losses: number[] = [];
    // This learning rate is so high that a step overshoots at some point.
    const options = {
      ...tasteOptions,
      epochs: 60,
      learningRate: 0.05,
      learningRateSchedule: 'constant' as const,
      patience: 2,
    };
    const result = await trainTaste({
      options,
      onProgress: (progress) => {
        if (progress.phase === 'validation') losses.push(progress.loss);
      },
    });
    expect(result.validationLoss).toBe(Math.min(...losses));
    expect(result.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(result.epochs).toBe(Math.min(result.bestEpoch + 2, 60));
    expect(losses).toHaveLength(result.epochs);
  });

  test('keeps the last parameters if there are no validation tasks', async () => {
    const options = { ...tasteOptions, epochs: 2, validationShare: 0 };
    const result = await trainTaste({ options });
    expect(result).toMatchObject({ bestEpoch: 2, validationLoss: undefined, validationTasks: 0 });
  });

  test('stops at the next step when the signal aborts', async () => {
    const controller = new AbortController();
    let steps = 0;
    const training = trainTaste({
      signal: controller.signal,
      onProgress: () => {
        steps += 1;
        if (steps === 3) controller.abort(new Error('no longer wanted'));
      },
    });
    await expect(training).rejects.toThrow('no longer wanted');
    expect(steps).toBe(3);
  });

  test('yields to the event loop between steps', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await trainTaste({ options: { ...tasteOptions, epochs: 1 } });
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  test('stops when the loss is no longer finite, and throws the step and the last good parameters', async () => {
    // The squared errors exceed the range of float32.
    const broken = tasteData(160, 1);
    for (const { labels } of broken.tasks) labels[0] = 1e30;
    const error = await trainTaste({ data: broken }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TrainingDivergedError);
    const { message, lastGood, step } = error as TrainingDivergedError;
    expect(message).toMatch(`Expected a finite loss, got Infinity at step ${step} (epoch 1, learningRate`);
    const numbers = Object.values(lastGood).flatMap((tensor) => [...tensor.data]);
    expect(numbers.every(Number.isFinite)).toBe(true);
  });

  test('names the learning rate of the steps on a task when it makes the first loss infinite', async () => {
    const config = { layerWidths: [8], embeddingWidth: 4, innerLearningRate: 90, innerSteps: 20 };
    const error = await trainTaste({ kind: 'maml', config }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TrainingDivergedError);
    const { message, field } = error as TrainingDivergedError;
    expect(message).toMatch(/at step 1 \(epoch 1, learningRate .*\); lower innerLearningRate, or remove/);
    expect(field).toEqual(['innerLearningRate']);
    const options = { ...tasteOptions, learningRate: 1e30, learningRateSchedule: 'constant' as const };
    const training = trainTaste({ kind: 'maml', config: { ...config, innerLearningRate: 0.01 }, options });
    const other = await training.catch((reason: unknown) => reason);
    expect(other).toMatchObject({ message: expect.stringContaining('lower innerLearningRate or learningRate, or') });
    expect(other).toHaveProperty('field', undefined);
  });

  test.each([0, 0.1])(
    'stops when the last update of an epoch diverges, with a validation share of %d',
    async (share) => {
      // An epoch of one step reports the loss of the initial parameters, which is finite.
      const options = {
        ...tasteOptions,
        epochs: 1,
        tasksPerStep: 200,
        // This exceeds the range of float32.
        learningRate: 1e39,
        learningRateSchedule: 'constant' as const,
        validationShare: share,
      };
      const error = await trainTaste({ options }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TrainingDivergedError);
      expect((error as TrainingDivergedError).message).toMatch(/^Expected a finite loss, got .* at step 1 \(epoch 1/);
      const numbers = Object.values((error as TrainingDivergedError).lastGood).flatMap(({ data }) => [...data]);
      expect(numbers.every(Number.isFinite)).toBe(true);
    },
  );

  test('refuses labels that are not finite and names the user', async () => {
    const broken = tasteData(20, 1);
    broken.tasks[7]?.labels.fill(Number.NaN);
    await expect(trainTaste({ data: broken })).rejects.toThrow('Expected finite labels, got NaN of user row 7');
  });

  test('refuses data with too few users who have enough interactions', async () => {
    const options = { ...tasteOptions, episodes: { ...tasteEpisodes, minimumPairs: 17 } };
    await expect(trainTaste({ options })).rejects.toThrow(
      'Expected at least 2 users with at least 17 interactions to train on, got 160 users with at most 16; ' +
        'import more, or lower episodes.minimumPairs.',
    );
  });

  test('refuses an invalid option and names it', async () => {
    await expect(trainTaste({ options: { epochs: 0 } })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(/epochs: .*got 0/),
    });
  });
});

/** The taste data and one user of another country with a single interaction. */
function withForeigner(data: TrainingData): TrainingData {
  const people = [...data.tasks.map(() => ({ country: 'X' })), { country: 'Y' }];
  const fields = data.schema.fields.map(({ entity, name, kind }) => ({ entity, name, kind }));
  const genres = ['comedy', 'drama'];
  const items = Array.from({ length: data.items.rows }, (_, item) => ({ genre: genres[item % 2] as string }));
  const schema = fitFeatureSchema(fields, people, items, { minimumCount: { user: 1, item: 1 } });
  const foreigner = {
    users: Int32Array.of(people.length - 1),
    items: Int32Array.of(0),
    labels: Float32Array.of(5),
  };
  return {
    taskKind: 'USER' as const,
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', items),
    tasks: [...data.tasks, foreigner],
  };
}

/** The embedding of the second country before any training. */
function startOf(data: TrainingData): Float32Array {
  const declarations = declareCmml(parseCmmlConfig({ ...tasteConfig }), data.schema);
  const { shape, data: table } = initialize(declarations, 1)['user.embedding'] as HostTensor;
  const width = shape[1] as number;
  return (table as Float32Array).slice(2 * width, 3 * width);
}
