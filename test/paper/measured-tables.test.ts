import { describe, expect, test } from '@jest/globals';
import type { ModelMeasurement } from '../../src/model-benchmark/measure-model.ts';
import { measuredTable } from '../../src/paper/measured-tables.ts';
import type { PaperRow, PaperTable } from '../../src/paper/paper-tables.ts';

const row = (model: string): PaperRow => ({ name: model.toUpperCase(), model, reported: [] });
const table: PaperTable = {
  table: 3,
  title: 'Ratings',
  dataset: 'movielens',
  setting: 'W-W',
  metrics: ['mae', 'ndcg3'],
  rows: [row('melu-paper'), row('itempop'), row('dcn'), row('not-there')],
};
const runs: Readonly<Record<string, readonly object[]>> = {
  'melu-paper': [0.7, 0.8].map((mean) => ({ mae: { mean }, ndcg3: { mean: 0.5 } })),
  itempop: [{ ndcg3: { mean: 0.6 } }],
};

describe('measuredTable', () => {
  const { rows, withoutModel } = measuredTable(
    table,
    ({ model }) => (runs[model] ?? []).map((metrics) => ({ metrics }) as ModelMeasurement),
    (model) => model !== 'itempop',
    2,
  );
  const measured = (model: string) => rows.find((one) => one.model === model)?.measured;

  test('has the mean of the seeds with its interval', () => {
    // The sample deviation of 0.7 and 0.8 is √0.005, so 1.96 · √0.005 / √2 = 0.098.
    expect(measured('melu-paper')?.[0]?.mean).toBeCloseTo(0.75, 10);
    expect(measured('melu-paper')?.[0]?.ci95).toBeCloseTo(0.098, 10);
  });

  test('takes the only run of a model that does not depend on the seed for all seeds', () => {
    expect(measured('itempop')).toEqual([undefined, { mean: 0.6, ci95: 0 }]);
  });

  test('names how many seeds a mean is over if some are missing', () => {
    const { rows: incomplete } = measuredTable(
      table,
      ({ model }) => (runs[model] ?? []).map((metrics) => ({ metrics }) as ModelMeasurement),
      (model) => model !== 'itempop',
      3,
    );
    expect(incomplete.map(({ name }) => name)).toEqual(['MELU-PAPER (2 of 3 seeds)', 'ITEMPOP']);
  });

  test('leaves out rows without a measurement, and names those without a model', () => {
    expect(rows.map(({ model }) => model)).toEqual(['melu-paper', 'itempop']);
    expect(withoutModel.map(({ model }) => model)).toEqual(['not-there']);
  });
});
