import { describe, expect, test } from '@jest/globals';
import { sum, type Tensor2D } from '@tensorflow/tfjs-core';
import type { EngineName, HostTensor } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import type { ObjectiveKind } from '../../src/models/objectives.ts';
import { objectives } from '../../src/models/objectives.ts';
import { gradientsOf } from '../engine/gradients-of.ts';
import { matrix } from '../engine/matrix.ts';
import { expectAllClose } from './cmml/small-recommender.ts';

const ones = (rows: readonly number[][]) => rows.map((row) => row.map(() => 1));

describe.each(['onnx', 'wasm', 'cpu'] as const)('the objectives on %s', (name) => {
  test('mse is the mean of the squared errors over the unmasked pairs', async () => {
    const mask = [
      [1, 1, 1],
      [1, 0, 0],
      [0, 0, 0],
    ];
    const scores = [
      [1, 2, 3],
      [1, 9, 9],
      [9, 9, 9],
    ];
    const labels = [
      [2, 2, 1],
      [4, 0, 0],
      [0, 0, 0],
    ];
    expectAllClose(await losses(name, 'mse', scores, labels, mask), [(1 + 0 + 4) / 3, 9, 0], 5);
  });

  test('bce is the cross-entropy of labels 0 and 1', async () => {
    // −ln σ(0) = ln 2; −ln σ(2) = 0.126928; −ln(1 − σ(2)) = 2.126928.
    const got = await losses(name, 'bce', [[0], [2], [2]], [[1], [1], [0]]);
    expectAllClose(got, [Math.LN2, 0.126928, 2.126928], 5);
  });

  test('hinge requires a lead of 1 over the negative in the same place of the other half', async () => {
    // The leads are 3 − 1 = 2 and 0.5 − 0.25. The second task has only the first pair, with a lead of −1.
    const scores = [
      [3, 0.5, 1, 0.25],
      [1, 7, 2, 0],
    ];
    const mask = [
      [1, 1, 1, 1],
      [1, 0, 0, 0],
    ];
    expectAllClose(await losses(name, 'hinge', scores, scores, mask), [(0 + 0.75) / 2, 2], 5);
  });

  test('bpr is −ln σ of the lead', async () => {
    // −ln σ(1) = 0.313262; −ln σ(−1) = 1.313262.
    expectAllClose(await losses(name, 'bpr', [[2, 0, 1, 1]], [[0, 0, 0, 0]]), [(0.313262 + 1.313262) / 2], 5);
  });

  test.each([
    ['bce', [[1000, -1000, 1000, -1000]], [[1, 0, 0, 1]], 500, [0, 0, 0.25, -0.25]],
    ['bpr', [[1000, -1000, -1000, 1000]], [[0, 0, 0, 0]], 1000, [0, -0.5, 0, 0.5]],
    ['hinge', [[1000, -1000, -1000, 1000]], [[0, 0, 0, 0]], 1000.5, [0, -0.5, 0, 0.5]],
  ] as const)('%s and its gradient are finite for scores of ±1000', async (kind, scores, labels, loss, gradient) => {
    const [given, wanted] = [scores.map((row) => [...row]), labels.map((row) => [...row])];
    expectAllClose(await losses(name, kind, given, wanted), [loss], 3);
    expectAllClose(await gradientOf(name, kind, given, wanted), gradient, 5);
  });
});

describe('the objectives', () => {
  test('declare whether they compare pairs and whether scores are in the units of the labels', () => {
    const described = Object.entries(objectives).map(([kind, { pairwise, standardizesLabels }]) => [
      kind,
      { pairwise, standardizesLabels },
    ]);
    expect(Object.fromEntries(described)).toEqual({
      mse: { pairwise: false, standardizesLabels: true },
      bce: { pairwise: false, standardizesLabels: false },
      hinge: { pairwise: true, standardizesLabels: false },
      bpr: { pairwise: true, standardizesLabels: false },
    });
  });

  test('refuse an odd number of places if they compare pairs', async () => {
    await expect(losses('cpu', 'bpr', [[1, 2, 3]], [[0, 0, 0]])).rejects.toThrow(
      'Expected query sets with an even number of places, half positives and half negatives, got 3.',
    );
  });
});

/** Returns the loss of each task. */
async function losses(
  name: EngineName,
  kind: ObjectiveKind,
  scores: number[][],
  labels: number[][],
  mask = ones(scores),
): Promise<number[]> {
  const inputs = { scores: matrix(scores), labels: matrix(labels), mask: matrix(mask) };
  const compiled = await (await openEngine(name)).compile({
    fn: (_parameters, { scores, labels, mask }) => ({
      loss: objectives[kind].loss(scores as Tensor2D, labels as Tensor2D, mask as Tensor2D),
    }),
    parameters: {},
    inputs,
  });
  const { loss } = await compiled.run(inputs);
  compiled.dispose();
  return [...(loss as HostTensor).data];
}

/** Returns the gradient of one task's loss with respect to its scores. */
async function gradientOf(
  name: EngineName,
  kind: ObjectiveKind,
  scores: number[][],
  labels: number[][],
): Promise<number[]> {
  const batch = { labels: matrix(labels), mask: matrix(ones(scores)) };
  const { scores: gradient } = await gradientsOf(
    await openEngine(name),
    ({ scores }, { labels, mask }) =>
      sum(objectives[kind].loss(scores as Tensor2D, labels as Tensor2D, mask as Tensor2D)),
    { scores: matrix(scores) },
    { inputs: batch, batch },
  );
  return [...(gradient as HostTensor).data];
}
