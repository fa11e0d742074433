import { describe, expect, test } from '@jest/globals';
import { historyOfLists } from '../../src/evaluation/history-of-lists.ts';
import { listsByShown } from '../support/lists-by-shown.ts';

describe('historyOfLists', () => {
  test('takes the mean over the numbers shown, in total and by range', () => {
    const measures = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.6].map((recall20) => ({
      ...{ recall20, recall10: recall20 / 10, ndcg20: recall20 / 2 },
    }));
    const { metrics, metricsUnadapted, byHistory } = historyOfLists(listsByShown(3, measures));
    expect(metrics).toEqual({
      recall10: expect.closeTo(0.04),
      recall20: expect.closeTo(0.4),
      ndcg20: expect.closeTo(0.2),
      tasks: 3,
    });
    expect(metricsUnadapted.recall20).toBeCloseTo(0.1);
    expect(byHistory.map(({ from, to, tasks, metrics: { recall20 } }) => [from, to, tasks, recall20])).toEqual([
      [0, 0, 3, expect.closeTo(0.1)],
      [1, 5, 3, expect.closeTo(0.3)],
      [6, 20, 3, expect.closeTo(0.6)],
      [21, null, 3, expect.closeTo(0.6)],
    ]);
  });

  test('is empty without users', () => {
    const { metrics, byHistory } = historyOfLists(new Map());
    expect(metrics).toEqual({});
    expect(byHistory.map((range) => [range.tasks, range.metrics])).toEqual([...'0000'].map(() => [0, {}]));
  });
});
