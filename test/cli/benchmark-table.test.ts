import { describe, expect, test } from '@jest/globals';
import { benchmarkTable, domainTables } from '../../src/cli/benchmark-table.ts';
import type { ModelMeasurement } from '../../src/model-benchmark/measure-model.ts';

const film: ModelMeasurement = {
  model: 'film',
  metrics: { mae: { mean: 0.72345, ci95: 0.00123 }, ndcg3: { mean: 0.77, ci95: 0.01 } },
  secondsPerEpoch: 12.345,
  epochs: 9.5,
  parameters: 1_234_567,
  peakRssMiB: 812.4,
  seeds: 2,
  trainingTasks: 8,
  testTasks: 2,
};
const { mae: _, ...ranked } = film.metrics;

describe('benchmarkTable', () => {
  test('has one line for each model and one column for each metric that any model has', () => {
    const itempop = {
      ...film,
      model: 'itempop',
      metrics: ranked,
      epochs: 0,
      secondsPerEpoch: 0,
      parameters: 41,
    };
    expect(benchmarkTable([film, itempop]).split('\n')).toEqual([
      'model                MAE           NDCG@3  s/epoch  epochs  parameters  peak MiB',
      'film     0.7235 ± 0.0012  0.7700 ± 0.0100    12.35     9.5   1,234,567       812',
      'itempop                –  0.7700 ± 0.0100     0.00     0.0          41       812',
    ]);
  });

  test('leaves Recall@100 to the file of results', () => {
    const recall = { mean: 0.25, ci95: null };
    expect(benchmarkTable([{ ...film, metrics: { recall50: recall, recall100: recall } }]).split('\n')[0]).toBe(
      'model  Recall@50  s/epoch  epochs  parameters  peak MiB',
    );
  });

  test('shows only the mean when one seed gives no interval', () => {
    const once = { ...film, metrics: { recall10: { mean: 0.25, ci95: null } } };
    expect(benchmarkTable([once]).split('\n')).toEqual([
      'model  Recall@10  s/epoch  epochs  parameters  peak MiB',
      'film      0.2500    12.35     9.5   1,234,567       812',
    ]);
  });
});

test('domainTables has a table of each domain under its folder, and dashes where nothing was measured', () => {
  const recall10 = { mean: 0.25, ci95: null };
  const row = { ...film, metrics: { recall10 }, domains: { 2: { recall10: { mean: 0.5, ci95: null } } } };
  const tables = domainTables(
    [row, { ...row, model: 'dcn', domains: { 1: { recall10 }, 2: {} } }],
    ['films', 'themes'],
  );
  expect(tables.split('\n').map((line) => line.slice(0, 16).trim())).toEqual([
    ...['', '1: films', 'model  Recall@10', 'film           –', 'dcn       0.2500'],
    ...['', '2: themes', 'model  Recall@10', 'film      0.5000', 'dcn            –', ''],
  ]);
});
