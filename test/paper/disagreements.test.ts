import { describe, expect, test } from '@jest/globals';
import type { MetricName } from '../../src/evaluation/metrics.ts';
import type { Estimate } from '../../src/model-benchmark/measure-model.ts';
import { disagreements } from '../../src/paper/disagreements.ts';

type Row = readonly [name: string, measured: readonly (Estimate | undefined)[], reported: readonly Estimate[]];
const at = (mean: number, ci95: number | null = 0.01): Estimate => ({ mean, ci95 });

function sentences(metrics: readonly MetricName[], ...rows: readonly Row[]): string[] {
  const all = rows.map(([name, measured, reported]) => ({ name, model: 'any', measured, reported }));
  const table = { table: 1, title: '', dataset: 'movielens', setting: 'W-W', metrics, rows: all } as const;
  return disagreements({ table, rows: all, withoutModel: [] });
}

describe('disagreements', () => {
  test('are numbers whose intervals do not overlap', () => {
    expect(
      sentences(
        ['mae', 'ndcg3'],
        ['Apart', [at(0.8), at(0.7)], [at(0.75, null), at(0.75, 0.02)]],
        ['Overlapping', [at(0.8), at(0.7)], [at(0.795, null), at(0.715)]],
      ),
    ).toEqual(['Apart: MAE is 0.050 above the paper’s and NDCG@3 is 0.050 below the paper’s.']);
  });

  test('are models in another order, where a lower error is better', () => {
    const metrics = ['mae', 'recall10', 'recall100'] as const;
    const apart = [at(0.5, null), at(0.5, null), at(0.5, null)];
    expect(
      sentences(
        metrics,
        ['A', [at(0.4, null), at(0.4, null), at(0.6, null)], [at(0.6, null), at(0.6, null), at(0.6, null)]],
        ['B', apart, apart],
        ['C', apart, apart],
      ),
    ).toEqual([
      'A is better than B and C in MAE; in the paper, it is worse.',
      'B is better than A in Recall@10; in the paper, it is worse.',
      'C is better than A in Recall@10; in the paper, it is worse.',
    ]);
  });

  test('are no models whose intervals overlap, here or in the paper', () => {
    expect(
      sentences(
        ['recall20'],
        ['A', [at(0.5, 0.3)], [at(0.6, 0)]],
        ['B', [at(0.7, 0.3)], [at(0.4, 0)]],
        ['C', [at(0.9, 0.5)], [at(0.6, 0.9)]],
      ),
    ).toEqual([]);
  });

  test('leave out what the paper does not report and what was not measured', () => {
    expect(
      sentences(['mae', 'ndcg3'], ['New', [at(0.1), at(0.1)], []], ['Order', [undefined, at(0.5)], [at(0.9), at(0.5)]]),
    ).toEqual([]);
  });
});
