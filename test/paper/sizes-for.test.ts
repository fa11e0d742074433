import { describe, expect, test } from '@jest/globals';
import { requestedModel } from '../../src/model-benchmark/benchmark-request.ts';
import { paperTables } from '../../src/paper/paper-tables.ts';
import { type DatasetKind, settings } from '../../src/paper/settings.ts';
import { sizesFor } from '../../src/paper/sizes-for.ts';

const configOf = (dataset: DatasetKind, model: string) => {
  const requested = requestedModel({ ...settings.scenarios.request, config: sizesFor(dataset, model) }, model);
  if ('kind' in requested) return requested.config as Readonly<Record<string, unknown>>;
  throw new Error(`expected ${model} to have a recipe`);
};
const onEach = (model: string, field: string) =>
  (['movielens', 'taobao', 'hybrid'] as const).map((dataset) => configOf(dataset, model)[field]);

describe('the sizes of the paper’s models of scenarios', () => {
  test('are 64 factors for MovieLens, and 128 for Taobao and the hybrid, in every model with factors', () => {
    const widths = paperTables
      .filter(({ setting }) => setting === 'scenarios')
      .flatMap(({ dataset, rows }) =>
        rows
          .filter(({ model }) => model !== 'itempop')
          .map(({ model }) => `${dataset} ${configOf(dataset, model).factorWidth}`),
      );
    expect([...new Set(widths)].sort()).toEqual(['hybrid 128', 'movielens 64', 'taobao 128']);
  });

  test('are biases that start at 0.1 for MovieLens, and at 0 for the others', () => {
    expect(onEach('film-paper', 'biasStart')).toEqual([0.1, 0, 0]);
    expect(onEach('sigmoid-paper', 'biasStart')).toEqual([0.1, 0, 0]);
  });

  test('are five steps of fine-tuning for Taobao, and ten for the others', () => {
    const steps = onEach('dcn-f-paper', 'fineTuning').map((tuning) => (tuning as { steps: number }).steps);
    expect(steps).toEqual([10, 5, 10]);
  });

  test('are wider hyper-networks and routes for Taobao and the hybrid', () => {
    expect(onEach('film-paper', 'hyperWidths')).toEqual([64, 128, 128].map((width) => [width, width, width]));
    expect(onEach('soft-paper', 'softModules')).toEqual([
      { modules: 4, routeWidths: [64, 64, 64], moduleWidths: [32, 32, 64] },
      { modules: 4, routeWidths: [128, 128, 128], moduleWidths: [32, 32, 64] },
      { modules: 4, routeWidths: [128, 128, 128], moduleWidths: [32, 32, 32] },
    ]);
  });

  test('are the layers of s²Meta for each dataset', () => {
    expect(onEach('s2meta-paper', 'layerWidths')).toEqual([
      [64, 32, 16],
      [64, 64, 64],
      [64, 64, 64],
    ]);
  });
});
