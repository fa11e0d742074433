import { describe, expect, test } from '@jest/globals';
import { listsResults, listsTable } from '../../src/cli/lists-table.ts';
import type { ModelMeasurement } from '../../src/model-benchmark/measure-model.ts';

const estimate = (mean: number, ci95: number | null = 0.001) => ({ mean, ci95 });
const cells = { recall20: estimate(0.25), ndcg20: estimate(0.125), coverage10: estimate(65, 2) };
const users = { 0: 9, 1: 9, 3: 9, 5: 9, 10: 8, 20: 0, all: 9 };
const linear: ModelMeasurement = {
  model: 'linear',
  metrics: {},
  lists: { shown: { 0: cells, 10: cells, all: cells }, withoutFeatures: { 0: cells } },
  listCounts: { positive: 4, items: 1234, newItems: 0, users },
  secondsPerEpoch: 1.5,
  epochs: 60,
  parameters: 400_000,
  peakRssMiB: 512,
  seeds: 5,
  trainingTasks: 36,
  testTasks: 9,
};
const itempop: ModelMeasurement = { ...linear, model: 'itempop', secondsPerEpoch: 0, epochs: 0, parameters: 1234 };

describe('listsTable', () => {
  const blocks = listsTable([linear, itempop]).split('\n\n');

  test('has a block for each metric, with one line for each model and one column for each number shown', () => {
    expect(blocks.map((block) => block.split(' ')[0])).toEqual([
      'Recall@20',
      'NDCG@20',
      'Coverage@10',
      'Training',
      '9',
    ]);
    const [header, first, second] = blocks[0]?.split('\n') ?? [];
    expect(header?.split(/ {2,}/)).toEqual([
      'Recall@20',
      'nothing known',
      '0 shown',
      '1 shown',
      '3 shown',
      '5 shown',
      '10 shown',
      '20 shown',
      'all shown',
    ]);
    const measured = '0.2500 ± 0.0010';
    expect(first?.split(/ {2,}/)).toEqual(['linear', measured, measured, '–', '–', '–', measured, '–', measured]);
    expect(second).toMatch(/^itempop /);
    expect(blocks[2]).toContain('65 ± 2');
  });

  test('says how many users and items were measured', () => {
    expect(blocks.at(-1)).toBe(
      '9 test users; with at least 1, 3, 5, 10, 20 interactions to show: 9, 9, 9, 8, 0\n' +
        '1234 items; ratings from 4 on are liked, and all other interactions',
    );
  });

  test('has a block of new items if there are any', () => {
    const newItems = {
      amongThemselves: { recall20: estimate(0.5), ndcg20: estimate(0.4) },
      wholeList: { '0': { recall20: estimate(0.1) }, more: { recall20: estimate(0.3, null) } },
    };
    const row: ModelMeasurement = {
      ...linear,
      lists: { shown: {}, withoutFeatures: {}, newItems },
      listCounts: { positive: 4, items: 1234, newItems: 123, users },
    };
    const block = listsTable([row])
      .split('\n\n')[3]
      ?.split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(block).toEqual([
      [
        'New items',
        'Recall@20',
        'NDCG@20',
        'Recall@20, 0 trained',
        'Recall@20, 1-5 trained',
        'Recall@20, 6-20 trained',
        'Recall@20, more trained',
      ],
      ['linear', '0.5000 ± 0.0010', '0.4000 ± 0.0010', '0.1000 ± 0.0010', '–', '–', '0.3000'],
    ]);
    expect(listsTable([row])).toContain('1234 items, 123 of them new;');
  });
});

describe('listsResults', () => {
  test('has the counts once, and the metrics of each model by the number shown', () => {
    expect(listsResults([linear])).toEqual({
      positive: 4,
      items: 1234,
      newItems: 0,
      users,
      rows: [
        {
          model: 'linear',
          ...linear.lists,
          secondsPerEpoch: 1.5,
          epochs: 60,
          parameters: 400_000,
          peakRssMiB: 512,
          seeds: 5,
        },
      ],
    });
  });
});
