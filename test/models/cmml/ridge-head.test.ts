import { beforeAll, describe, expect, test } from '@jest/globals';
import { mul, sum, type Tensor2D, type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import type { EngineName, HostTensors, Tensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { declareRidgeHead, foldRidge, ridgeScores, ridgeStateWidth } from '../../../src/models/cmml/ridge-head.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { differences } from '../dcn/reference-dcn.ts';
import { referenceRidge } from './reference-ridge.ts';
import { type Weights, weightsOf } from './reference-weights.ts';
import { moved } from './small-cmml.ts';

const itemWidth = 4;
/** The unmasked pairs of three tasks with room for six pairs each. The last task has none. */
const counts = [6, 2, 0];
const [tasks, places] = [counts.length, 6];
const queries = 3;

const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, at) => 1.5 * Math.sin(seed + 2.7 * at + 0.1 * at * at));
const items = numbers(tasks * places * itemWidth, 1);
const labels = numbers(tasks * places, 2);
const candidateItems = numbers(tasks * queries * itemWidth, 3);
const mask = Float32Array.from({ length: tasks * places }, (_, at) =>
  at % places < (counts[Math.floor(at / places)] as number) ? 1 : 0,
);

function parametersOf(width: number): HostTensors {
  return moved(initialize(declareRidgeHead(width, itemWidth), 1));
}

const inputs = {
  items: { dtype: 'float32', shape: ['tasks', 'places', itemWidth] },
  labels: { dtype: 'float32', shape: ['tasks', 'places'] },
  mask: { dtype: 'float32', shape: ['tasks', 'places'] },
  candidateItems: { dtype: 'float32', shape: ['tasks', 'candidateItems', itemWidth] },
} as const;

function batchOf(changes: { items?: Float32Array; labels?: Float32Array } = {}): HostTensors {
  return {
    items: floatTensor([tasks, places, itemWidth], changes.items ?? items),
    labels: floatTensor([tasks, places], changes.labels ?? labels),
    mask: floatTensor([tasks, places], mask),
    candidateItems: floatTensor([tasks, queries, itemWidth], candidateItems),
  };
}

interface Given {
  readonly items: Tensor3D;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
  readonly candidateItems: Tensor3D;
}

/** Returns the scores of the requested items after folding the pairs into an empty state. */
function scoresFrom(width: number, parameters: Tensors, given: Tensors): Tensor2D {
  const support = given as unknown as Given;
  const nothing = zeros([support.mask.shape[0], 1, ridgeStateWidth(width)]) as Tensor3D;
  return ridgeScores(parameters, foldRidge(parameters, nothing, support), support.candidateItems);
}

async function scoresOn(
  name: EngineName,
  width: number,
  batch: HostTensors,
  parameters = parametersOf(width),
): Promise<number[]> {
  const compiled = await (await openEngine(name)).compile({
    fn: (parameters, given) => ({ scores: scoresFrom(width, parameters, given) }),
    parameters,
    inputs,
  });
  const { scores } = await compiled.run(batch);
  compiled.dispose();
  return [...(scores?.data ?? [])];
}

/** Returns the reference scores by elimination, task by task. */
function expectedScores(weights: Weights): number[] {
  const embedding = (of: Float32Array, row: number) => [...of.slice(row * itemWidth, (row + 1) * itemWidth)];
  return counts.flatMap((count, task) => {
    const support = Array.from({ length: count }, (_, pair) => ({
      item: embedding(items, task * places + pair),
      label: labels[task * places + pair] as number,
    }));
    return Array.from({ length: queries }, (_, query) =>
      referenceRidge(weights, support, embedding(candidateItems, task * queries + query)),
    );
  });
}

describe.each(['onnx', 'wasm'] as const)('the ridge head on %s', (name) => {
  // With the constant, there are at most as many unknowns as steps of conjugate gradients, so the method is exact.
  test.each([2, 3, 5])('matches the closed form with %i features', async (width) => {
    const scores = await scoresOn(name, width, batchOf());
    const expected = expectedScores(weightsOf(parametersOf(width)));
    for (const [at, value] of expected.entries()) expect(Math.abs((scores[at] as number) - value)).toBeLessThan(2e-3);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
  });

  test('adds exactly 0 for a task without support pairs while u₀ is 0', async () => {
    const { 'ridge.prior': prior, ...others } = parametersOf(3);
    const unlearned = { ...others, 'ridge.prior': floatTensor([4, 1], new Float32Array(4)) };
    expect(prior?.shape).toEqual([4, 1]);
    const scores = await scoresOn(name, 3, batchOf(), unlearned);
    expect(scores.slice(2 * queries)).toEqual([0, 0, 0]);
  });

  test('ignores the values of masked pairs', async () => {
    const filled = (values: Float32Array, size: number) =>
      values.map((value, at) => (mask[Math.floor(at / size)] === 1 ? value : 50 + at));
    const changed = batchOf({ items: filled(items, itemWidth), labels: filled(labels, 1) });
    expect(await scoresOn(name, 3, changed)).toEqual(await scoresOn(name, 3, batchOf()));
  });

  test('gives the same state for pairs in parts and at once', async () => {
    const width = 3;
    const state = { dtype: 'float32', shape: ['tasks', 1, ridgeStateWidth(width)] } as const;
    const compiled = await (await openEngine(name)).compile({
      fn: (parameters, { state: earlier, ...pairs }) => ({
        state: foldRidge(parameters, earlier as Tensor3D, pairs as unknown as Given),
      }),
      parameters: parametersOf(width),
      inputs: { state, items: inputs.items, labels: inputs.labels, mask: inputs.mask },
    });
    const fold = async (earlier: Float32Array, from: number, to: number) => {
      const ofFirst = (values: Float32Array, size: number) => values.slice(from * size, to * size);
      const output = await compiled.run({
        state: floatTensor([1, 1, earlier.length], earlier),
        items: floatTensor([1, to - from, itemWidth], ofFirst(items, itemWidth)),
        labels: floatTensor([1, to - from], ofFirst(labels, 1)),
        mask: floatTensor([1, to - from], new Float32Array(to - from).fill(1)),
      });
      return output.state?.data as Float32Array;
    };
    const empty = new Float32Array(ridgeStateWidth(width));
    const together = await fold(empty, 0, 6);
    const inParts = await fold(await fold(await fold(empty, 0, 1), 1, 4), 4, 6);
    for (const [at, value] of together.entries()) expect(inParts[at]).toBeCloseTo(value, 4);
    compiled.dispose();
  });

  describe('has the gradients of finite differences of the closed form', () => {
    /** The weight of each score in the loss. */
    const shares = numbers(tasks * queries, 4);
    let expected: Weights;
    beforeAll(() => {
      const weights = weightsOf(parametersOf(3));
      expected = differences(weights, Object.keys(weights), (changed) =>
        expectedScores(changed).reduce((total, score, at) => total + score * (shares[at] as number), 0),
      );
    });

    test('for its key, its constant, λ and u₀', async () => {
      const gradients = await gradientsOf(
        await openEngine(name),
        (parameters, given) => sum(mul(scoresFrom(3, parameters, given), given.shares as Tensor2D)),
        parametersOf(3),
        {
          constants: { shares: floatTensor([tasks, queries], shares) },
          inputs: Object.fromEntries(
            Object.entries(batchOf()).map(([input, { dtype, shape }]) => [input, { dtype, shape }]),
          ),
          batch: batchOf(),
        },
      );
      for (const [parameter, values] of Object.entries(expected)) {
        for (const [index, value] of values.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - value)).toBeLessThan(5e-3 * (1 + Math.abs(value)));
        }
      }
    });
  });

  test('is within a tenth of the closed form with sixteen features and ninety pairs', async () => {
    const [width, pairs, candidates, embedded] = [16, 90, 40, 20];
    const parameters = initialize(declareRidgeHead(width, embedded), 1);
    const values = (count: number, seed: number) =>
      initialize({ values: { shape: [count], mean: 0, deviation: 1 } }, seed).values?.data as Float32Array;
    const [support, rated, others] = [values(pairs * embedded, 2), values(pairs, 3), values(candidates * embedded, 4)];
    const engine = await openEngine(name);
    const wide = (shape: (string | number)[]) => ({ dtype: 'float32' as const, shape });
    const compiled = await engine.compile({
      fn: (all, given) => ({ scores: scoresFrom(width, all, given) }),
      parameters,
      inputs: {
        items: wide([1, pairs, embedded]),
        labels: wide([1, pairs]),
        mask: wide([1, pairs]),
        candidateItems: wide([1, candidates, embedded]),
      },
    });
    const { scores } = await compiled.run({
      items: floatTensor([1, pairs, embedded], support),
      labels: floatTensor([1, pairs], rated),
      mask: floatTensor([1, pairs], new Float32Array(pairs).fill(1)),
      candidateItems: floatTensor([1, candidates, embedded], others),
    });
    compiled.dispose();
    const row = (of: Float32Array, at: number) => [...of.slice(at * embedded, (at + 1) * embedded)];
    const seen = [...rated].map((label, pair) => ({ item: row(support, pair), label }));
    let [errors, squares] = [0, 0];
    for (let at = 0; at < candidates; at++) {
      const exact = referenceRidge(weightsOf(parameters), seen, row(others, at));
      errors += ((scores?.data[at] as number) - exact) ** 2;
      squares += exact ** 2;
    }
    expect(Math.sqrt(errors / squares)).toBeLessThan(0.1);
  });
});

test('one pair and one feature give the score computed by hand, with and without a shared mean', () => {
  // φ = (1, 2x). For the pair x = 1 it is (1, 2), so u = 3/(1 + 5)·(1, 2), and φ(2)·u = (1 + 4·2)/2 = 4.5.
  const weights = { 'ridge.key.weight': [2], 'ridge.key.bias': [0], 'ridge.scales': [0, 0] };
  const pair = { item: [1], label: 3 };
  expect(referenceRidge({ ...weights, 'ridge.prior': [0, 0] }, [pair], [2])).toBeCloseTo(4.5, 12);
  // u₀ = (1, ½) predicts 2 for the pair. The residual is 1, so u = u₀ + 1/(1 + 5)·(1, 2), and φ(2)·u = 3 + 1.5.
  // Without pairs it is 3.
  const prior = { ...weights, 'ridge.prior': [1, 0.5] };
  expect(referenceRidge(prior, [pair], [2])).toBeCloseTo(4.5, 12);
  expect(referenceRidge(prior, [{ ...pair, label: 2 }], [2])).toBeCloseTo(3, 12);
  expect(referenceRidge(prior, [], [2])).toBeCloseTo(3, 12);
});

test('a ridge head of width 0 has no parameters and no state', () => {
  expect(declareRidgeHead(0, itemWidth)).toEqual({});
  expect(ridgeStateWidth(0)).toBe(0);
});
