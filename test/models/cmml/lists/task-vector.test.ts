import { describe, expect, test } from '@jest/globals';
import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { floatTensor } from '../../../../src/engine/host-tensor.ts';
import { parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { noveltyOf, popularityWeights, taskVectors } from '../../../../src/models/cmml/lists/task-vector.ts';
import { onEagerCpu } from '../../../support/on-eager-cpu.ts';

const config = parseListConfig({ objective: 'softmax', vectorWidth: 2, profileWeight: 2, novelty: 1 });
const column = (...values: number[]) => floatTensor([values.length, 1], Float32Array.from(values));

describe('the vector of a task', () => {
  const sums = {
    // Tasks with 4, 0 and 2 interactions.
    vector: floatTensor([3, 2], Float32Array.of(6, -8, 0, 0, 0, 0)),
    popularity: column(3, 0, -2),
    count: column(4, 0, 2),
  };

  test('is the sum of the pairs by a power of n, plus the profile as of two interactions, plus the start', () => {
    const { result } = onEagerCpu(
      ({ vector, popularity, count, profile, start, evidence }) => ({
        result: taskVectors(
          { 'task.start': start!, 'task.evidence': evidence! },
          config,
          { vector: vector as Tensor2D, popularity: popularity as Tensor2D, count: count as Tensor2D },
          profile as Tensor2D,
        ),
      }),
      {
        ...sums,
        profile: floatTensor([3, 2], Float32Array.of(9, 3, 9, 3, 9, 3)),
        start: floatTensor([2], Float32Array.of(0.5, -0.5)),
        evidence: floatTensor([2], Float32Array.of(0.5, 1)),
      },
    );
    // 6/√4 + 9·2/6 + 0.5, −8/4 + 3·2/6 − 0.5, and so on. Without interactions, the profile counts in full; with two, half.
    const expected = [6.5, -1.5, 9.5, 2.5, 5, 1];
    for (const [at, value] of expected.entries()) expect(result!.data[at]).toBeCloseTo(value, 5);
  });

  test('weighs popularity by the mean of its own items and of two imagined ones', () => {
    const { result } = onEagerCpu(
      ({ vector, popularity, count, weight }) => ({
        result: popularityWeights(
          { 'task.popularity': weight! },
          { vector: vector as Tensor2D, popularity: popularity as Tensor2D, count: count as Tensor2D },
        ),
      }),
      { ...sums, weight: floatTensor([1], Float32Array.of(4)) },
    );
    expect([...result!.data]).toEqual([2, 0, -2]);
  });
});

describe('noveltyOf', () => {
  const novelty = (strength: number, ...counts: number[]) =>
    onEagerCpu(
      () => ({ result: noveltyOf({ ...config, novelty: strength }, tensor2d(counts, [counts.length, 1])) }),
      {},
    ).result!.data;

  test('is 1 after five interactions, and near 0 after none and after many', () => {
    const [none, one, five, many] = novelty(1, 0, 1, 5, 100);
    expect(none).toBe(0);
    // 2·1·25 / (1 + 625)
    expect(one).toBeCloseTo(50 / 626, 6);
    expect(five).toBeCloseTo(1, 6);
    expect(many).toBeLessThan(0.01);
  });

  test('rises up to five interactions and falls after', () => {
    const values = [...novelty(1, 0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 50)];
    for (let at = 1; at < values.length; at++) expect(values[at]! > values[at - 1]!).toBe(at <= 5);
  });

  test('is proportional to the configured novelty', () => {
    expect(novelty(0.4, 5)[0]).toBeCloseTo(0.4, 6);
    expect(novelty(0, 5)[0]).toBe(0);
  });
});
