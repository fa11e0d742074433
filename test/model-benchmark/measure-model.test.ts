import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import type { BenchmarkRequest } from '../../src/model-benchmark/benchmark-request.ts';
import { estimate, type ModelMeasurement, measureModel } from '../../src/model-benchmark/measure-model.ts';
import { type BenchmarkData, readBenchmarkData } from '../../src/model-benchmark/open-experiment.ts';
import type { TrainingProgress } from '../../src/training/training-request.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder, plantedRatings } from './planted-folder.ts';

describe('measureModel', () => {
  let data: BenchmarkData;
  let engine: Engine;
  let request: BenchmarkRequest;

  beforeAll(async () => {
    const folder = await folderWith(plantedFolder());
    request = { taskKind: 'USER', data: folder, seeds: 2, splitSeed: 1, epochs: 2 };
    data = await readBenchmarkData(request);
    engine = await openEngine('auto');
  });

  const measure = (
    model: string,
    changes: Partial<BenchmarkRequest> = {},
    onProgress: (seed: number, progress: TrainingProgress) => void = () => {},
  ): Promise<ModelMeasurement> => measureModel({ ...request, ...changes }, model, data, engine, onProgress);

  test('trains with each seed, for the requested number of epochs', async () => {
    const seen: string[] = [];
    const measured = await measure('dcn', {}, (seed, { phase, ...progress }) => {
      if (phase === 'training' && 'epoch' in progress) seen.push(`${seed} ${progress.epoch}/${progress.epochs}`);
    });
    expect([...new Set(seen)]).toEqual(['1 1/2', '1 2/2', '2 1/2', '2 2/2']);
    expect(measured).toMatchObject({
      model: 'dcn',
      epochs: 2,
      seeds: 2,
      trainingTasks: 48,
      testTasks: 12,
    });
    expect(Object.keys(measured.metrics)).toEqual(['mae', 'rmse', 'ndcg1', 'ndcg3']);
    expect(measured.metrics.mae?.ci95).toBeGreaterThan(0);
    expect(measured.secondsPerEpoch).toBeGreaterThan(0);
    expect(measured.peakRssMiB).toBeGreaterThan(10);
    expect(measured.peakRssMiB).toBeLessThan(16_384);
  });

  test('returns the same metrics for the same request', async () => {
    const once = () => measure('film', { seeds: 1, epochs: 1 });
    const [first, second] = [await once(), await once()];
    expect(second.metrics).toEqual(first.metrics);
  });

  test('measures a model that counts, and reports only the metrics that apply', async () => {
    const measured = await measure('itempop', { seeds: 1 });
    // Forty rated films and the unknown one.
    expect(measured).toMatchObject({ parameters: 41, epochs: 0, secondsPerEpoch: 0, seeds: 1 });
    expect(Object.keys(measured.metrics)).toEqual(['ndcg1', 'ndcg3']);
    expect(measured.metrics.ndcg3?.ci95).toBeNull();
  });

  test('measures only recall for scenarios', async () => {
    const measured = await measure('itempop', { taskKind: 'SCENARIO' });
    expect(Object.keys(measured.metrics)).toEqual(['recall10', 'recall20', 'recall50', 'recall100']);
    // A scenario has only sixteen films, so the first twenty have all of them.
    expect(measured.metrics.recall20).toEqual({ mean: 1, ci95: 0 });
    expect(measured.metrics.recall10?.mean).toBeGreaterThan(0.4);
    expect(measured.metrics.recall10?.mean).toBeLessThan(0.9);
    expect(measured).toMatchObject({ trainingTasks: 8, testTasks: 2 });
  });

  test('measures a model that does not depend on the seed once, whatever the number of seeds', async () => {
    const lists = { lists: { hide: 'random' }, seeds: 3 } as const;
    const { metrics, lists: measured, listCounts } = await measure('itempop', lists);
    expect(metrics).toEqual({});
    expect(measured?.shown.all?.recall20?.ci95).toBe(0);
    expect(listCounts).toMatchObject({ items: 40, newItems: 0, users: { 0: 12, 10: 12, 20: 0, all: 12 } });
    expect(Object.keys(measured?.shown ?? {})).toEqual(['0', '1', '3', '5', '10', '20', 'all']);
    // Of twenty ratings, sixteen are shown.
    expect(measured?.shown[20]).toEqual(measured?.shown.all);
  });

  test('measures the lists of a model that trains, with an interval over its seeds', async () => {
    const { lists, epochs, trainingTasks, testTasks } = await measure('bpr', { lists: { hide: 'random' } });
    expect({ epochs, trainingTasks, testTasks }).toEqual({ epochs: 2, trainingTasks: 48, testTasks: 12 });
    expect(lists?.shown.all?.ndcg20?.ci95).toBeGreaterThan(0);
  });

  test('measures a model without training on items that never train', async () => {
    const { lists, parameters } = await measure('content-knn', { lists: { hide: 'random', newItems: 0.3 } });
    expect(parameters).toBe(0);
    // A genre is everything that the users like.
    expect(lists?.newItems?.amongThemselves.recall20?.mean).toBe(1);
    expect(Object.keys(lists?.newItems?.wholeList ?? {})).toContain('0');
  });

  test('trains if there is no task left for validation', async () => {
    const folder = await folderWith(plantedFolder(plantedRatings().filter(({ user }) => user < 4)));
    const few = { ...request, data: folder, seeds: 1 };
    const phases = new Set<string>();
    const measured = await measureModel(few, 'dcn', await readBenchmarkData(few), engine, (_, { phase }) =>
      phases.add(phase),
    );
    expect(measured).toMatchObject({ trainingTasks: 3, testTasks: 1, epochs: 2 });
    // One step in an epoch also takes time.
    expect(measured.secondsPerEpoch).toBeGreaterThan(0);
    expect([...phases]).toEqual(['training']);
    expect(Number.isFinite(measured.metrics.mae?.mean)).toBe(true);
  });

  test('stops when a loss is not finite, and throws the step', async () => {
    let steps = 0;
    const diverging: Engine = {
      name: engine.name,
      rowsPerRun: engine.rowsPerRun,
      compile: (definition) => engine.compile(definition),
      async compileTraining(definition) {
        const step = await engine.compileTraining(definition);
        return {
          run: async (inputs, rate) => (++steps < 3 ? step.run(inputs, rate) : Number.NaN),
          parameters: () => step.parameters(),
          dispose: () => step.dispose(),
        };
      },
    };
    await expect(measureModel(request, 'dcn', data, diverging, () => {})).rejects.toMatchObject({
      name: 'TrainingDivergedError',
      step: 3,
      message: expect.stringContaining('Expected a finite loss, got NaN at step 3'),
      lastGood: expect.objectContaining({ 'user.embedding': expect.anything() }),
    });
    expect(steps).toBe(3);
  });

  test('refuses an unknown model and data with too few tasks before it trains anything', async () => {
    await expect(measure('melu')).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    const folder = await folderWith(plantedFolder(plantedRatings().slice(0, 1)));
    const none = { ...request, data: folder };
    const trained: number[] = [];
    await expect(
      measureModel(none, 'film', await readBenchmarkData(none), engine, (seed) => trained.push(seed)),
    ).rejects.toMatchObject({ code: 'INVALID_DATA', message: expect.stringMatching(/^--data: /) });
    expect(trained).toEqual([]);
  });
});

describe('estimate', () => {
  test('is the mean with 1.96 · s / √n on either side', () => {
    // Squared deviations 9, 1, 1, 1, 4 sum to 16, so the variance is 16 / 4 = 4.
    const { mean, ci95 } = estimate([1, 3, 5, 5, 6]);
    expect(mean).toBe(4);
    expect(ci95).toBeCloseTo((1.96 * 2) / Math.sqrt(5), 12);
  });

  test('has an interval of 0 if all values are equal', () => {
    expect(estimate([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, ci95: 0 });
  });

  test('has no interval for a single value', () => {
    expect(estimate([0.7])).toEqual({ mean: 0.7, ci95: null });
  });
});
