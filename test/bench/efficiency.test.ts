import { beforeAll, describe, expect, test } from '@jest/globals';
import { efficiencyChart } from '../../bench/efficiency/chart.ts';
import { type EfficiencyRow, measureRows } from '../../bench/efficiency/measure-rows.ts';
import { prepareRow } from '../../bench/efficiency/prepare-row.ts';
import { comparisons } from '../../bench/efficiency/report.ts';
import { quickSize } from '../../bench/efficiency/rows.ts';
import { countOperations } from '../../bench/support/count-operations.ts';
import { renderChart } from '../../src/paper/render-chart.ts';
import { parseGraph } from '../engine/parse-graph.ts';

describe('countOperations', () => {
  test.each([
    // 2 · 3 · 5 · 4 for the product, and 3 · 5 for the bias.
    [
      'a Gemm',
      'inputs x: float32[4, 3]',
      'a: float32[3, 5] = Gemm(x, w, b) {transposeA: true, transposeB: false}',
      135,
    ],
    // 7 products of a 3 × 4 with a 4 × 5 matrix.
    ['a MatMul', 'inputs x: float32[7, 3, 4]', 'a: float32[7, 3, 5] = MatMul(x, w)', 7 * 2 * 3 * 4 * 5],
    ['an element-wise operator', 'inputs x: float32[6, 1]', 'a: float32[6, 5] = Mul(x, b)', 30],
    ['a sum of three', 'inputs x: float32[6, 5]', 'a: float32[6, 5] = Sum(x, x, x)', 60],
    ['a reduction', 'inputs x: float32[6, 5]', 'a: float32[6] = ReduceSum(x) {axes: [1], keepDimensions: false}', 30],
    ['a Reshape', 'inputs x: float32[6, 5]', 'a: float32[30] = Reshape(x) {shape: [30]}', 0],
  ])('of %s is counted as by hand', (_name, inputs, node, operations) => {
    const constants = ['const w: float32[4, 5]', 'const b: float32[5]'];
    expect(countOperations(parseGraph([inputs, ...constants, node, 'outputs y = a'].join('\n')))).toBe(operations);
  });

  test('adds up the nodes of a graph at the sizes of its symbols', () => {
    const dense = parseGraph(
      [
        'inputs  x: float32[2*n, 3]',
        'inputs  rows: int32[n]',
        'inputs  table: float32[9, 4]',
        'const   w: float32[3, 4]',
        'a: float32[2*n, 4] = Gemm(x, w) {transposeA: false, transposeB: false}',
        'b: float32[2*n, 4] = Relu(a)',
        'c: float32[n, 4] = Gather(table, rows) {axis: 0}',
        'd: float32[9, 4] = ScatterAddRows(table, rows, c)',
        'outputs hidden = b',
        'outputs sums = d',
      ].join('\n'),
    );
    // The product, the Relu and the added updates.
    expect(countOperations(dense, { n: 10 })).toBe(2 * 20 * 3 * 4 + 20 * 4 + 10 * 4);
  });
});

describe('the benchmark of efficiency', () => {
  let rows: EfficiencyRow[];
  const meluWith = (steps: number) => rows.find((row) => row.model === 'MeLU' && row.steps === steps)!;

  beforeAll(async () => {
    rows = await measureRows(quickSize, prepareRow);
  });

  test('measures CMML without steps, and MeLU and s²Meta with each number of steps', () => {
    expect(rows.map(({ model, steps }) => [model, steps])).toEqual([
      ['CMML-FiLM', null],
      ['MeLU', 1],
      ['MeLU', 2],
      ['MeLU', 3],
      ['s²Meta', 1],
      ['s²Meta', 2],
      ['s²Meta', 3],
    ]);
    for (const { model, steps, fastest, ...costs } of rows) {
      expect(Object.keys(costs).sort()).toEqual(['adaptAndScoreMs', 'flops', 'peakMiB', 'trainFlops', 'trainStepMs']);
      for (const cost of Object.values({ ...costs, ...fastest })) expect(cost).toBeGreaterThan(0);
      expect(fastest.trainStepMs).toBeLessThanOrEqual(costs.trainStepMs);
      expect(fastest.adaptAndScoreMs).toBeLessThanOrEqual(costs.adaptAndScoreMs);
    }
  });

  test('counts the same operations for each further step of MeLU', () => {
    const [one, two, three] = [1, 2, 3].map((steps) => meluWith(steps).flops) as [number, number, number];
    expect(two - one).toBeGreaterThan(0);
    expect(three - two).toBe(two - one);
  });

  test('counts the operations of a step of MeLU as by hand', () => {
    // Users and items have 4 features of 32 numbers each. Products forward and backward: each layer has one forward and
    // one for its weights, and all but the first have one for their inputs.
    const products = 2 * quickSize.support * (256 * 64 + 64 * 64 + 64);
    const backward = products + 2 * quickSize.support * (64 * 64 + 64);
    const weights = 256 * 64 + 64 + 64 * 64 + 64 + 64 + 1;
    const step = meluWith(2).flops - meluWith(1).flops;
    expect(step).toBeGreaterThan(products + backward + 2 * weights);
    expect(step).toBeLessThan(1.05 * (products + backward + 2 * weights));
  });

  test('says which expectations hold', () => {
    const cost = (model: string, steps: number | null, milliseconds: number): EfficiencyRow => ({
      ...{ model, steps, peakMiB: 1, flops: 1, trainFlops: 1 },
      ...{ trainStepMs: milliseconds, adaptAndScoreMs: milliseconds },
      fastest: { trainStepMs: milliseconds / 2, adaptAndScoreMs: milliseconds / 2 },
    });
    const said = comparisons([cost('CMML-FiLM', null, 2), cost('MeLU', 1, 3), cost('MeLU', 5, 9.9)]);
    expect(said).toContain(
      'Holds: CMML-FiLM needs at most the time of MeLU with 1 step to adapt and score (2 against 3 ms',
    );
    expect(said).toContain(
      'Does not hold: CMML-FiLM needs at most 1/5 of the time of MeLU with 5 steps to take a training step ' +
        '(2 against 9.9 ms, 4.95 x; of the fastest runs, 1 against 4.95 ms, 4.95 x).',
    );
  });

  test('draws a line for each model', async () => {
    const svg = await renderChart(efficiencyChart(rows));
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    for (const text of ['CMML-FiLM', 'MeLU', 's²Meta', 'Training step (ms)', 'gradient steps'])
      expect(svg).toContain(`>${text}<`);
  });
});
