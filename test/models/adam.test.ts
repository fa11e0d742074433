import { describe, expect, test } from '@jest/globals';
import { mul, type Scalar, sum, type Tensor } from '@tensorflow/tfjs-core';
import { openEngine } from '../../src/engine/engines.ts';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { type AdamOptions, adam } from '../../src/models/adam.ts';

const start = [0.5, -2, 3];
const gradients = [
  [1, -30, 0],
  [0.25, 40, 0.001],
  [-2, 0, -0.5],
  [0, 9, 10],
];
const rates = [0.1, 0.1, 0.05, 0.01];

/**
 * Adam for one number: clip the gradient, add the penalty's gradient as PyTorch does, then algorithm 1 of arXiv
 * 1412.6980.
 */
function referenceAdam(parameter: number, column: number, options: Required<AdamOptions>): number {
  const { decays, epsilon, weightDecay, clip } = options;
  let [value, first, second] = [parameter, 0, 0];
  for (const [index, row] of gradients.entries()) {
    const clipped = Math.min(Math.max(row[column] as number, -clip), clip);
    const gradient = clipped + weightDecay * value;
    first = decays[0] * first + (1 - decays[0]) * gradient;
    second = decays[1] * second + (1 - decays[1]) * gradient ** 2;
    const unbiasedFirst = first / (1 - decays[0] ** (index + 1));
    const unbiasedSecond = second / (1 - decays[1] ** (index + 1));
    value -= ((rates[index] as number) * unbiasedFirst) / (Math.sqrt(unbiasedSecond) + epsilon);
  }
  return value;
}

async function descend(name: 'wasm' | 'cpu', options: AdamOptions): Promise<number[]> {
  const engine = await openEngine(name);
  const training = await engine.compileTraining({
    // The gradient of Σ g·w is g.
    loss: ({ w }, { g }) => sum(mul(w as Tensor, g as Tensor)) as Scalar,
    optimizer: adam(options),
    parameters: { w: floatTensor([3], Float32Array.from(start)) },
    constants: {},
    inputs: { g: { dtype: 'float32', shape: [3] } },
  });
  for (const [index, row] of gradients.entries()) {
    await training.run({ g: floatTensor([3], Float32Array.from(row)) }, rates[index] as number);
  }
  const { w } = await training.parameters();
  training.dispose();
  return [...(w?.data ?? [])];
}

describe.each(['wasm', 'cpu'] as const)('adam on %s', (name) => {
  const defaults = { decays: [0.9, 0.999], epsilon: 1e-8, weightDecay: 1e-5, clip: 10 } as const;
  test.each([{}, { weightDecay: 0.1 }, { clip: 0.5 }, { decays: [0.5, 0.9] as const, epsilon: 0.1 }])(
    'matches the algorithm in double precision with %j',
    async (options) => {
      const updated = await descend(name, options);
      for (const [column, value] of start.entries()) {
        expect(updated[column]).toBeCloseTo(referenceAdam(value, column, { ...defaults, ...options }), 4);
      }
    },
  );
});
