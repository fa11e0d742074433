import { describe, expect, test } from '@jest/globals';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { floatTensor } from '../../../../src/engine/host-tensor.ts';
import { parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import {
  declareRatingHead,
  predictedRatings,
  predictsRatings,
  ratingStateWidth,
  ratingSums,
} from '../../../../src/models/cmml/lists/rating-head.ts';
import { onEagerCpu } from '../../../support/on-eager-cpu.ts';
import { solveDense } from '../../../support/solve-dense.ts';

const sizedConfig = (width: number) =>
  parseListConfig({
    objective: 'softmax',
    labels: { mean: 3, deviation: 2 },
    ratingHead: { width, regularization: 7, biasRegularization: 4 },
  });

/** An item's bias and factors, and the rating that a task has of it, or `null`. */
interface Kept {
  readonly item: readonly number[];
  readonly rating: number | null;
}

/** Returns the predicted ratings of items for a task, where ratings are from 1 to 5. */
function predicted(width: number, task: readonly Kept[], items: readonly (readonly number[])[]): number[] {
  const config = sizedConfig(width);
  const column = (values: readonly number[]) => floatTensor([values.length, 1], Float32Array.from(values));
  // The items of the task come first, and row 0 is that of unknown IDs.
  const table = [new Array<number>(1 + width).fill(0), ...task.map(({ item }) => item), ...items];
  const { ratings, state } = onEagerCpu(
    ({ table, range, shown, rated, labels, listed }) => {
      const parameters = { 'rating.items': table!, 'rating.range': range! };
      const pairs = { ids: shown as Tensor2D, rated: rated as Tensor2D, labels: labels as Tensor2D };
      const state = ratingSums(parameters, config, pairs);
      return { state, ratings: predictedRatings(parameters, config, state, listed as Tensor2D) };
    },
    {
      table: floatTensor([table.length, 1 + width], Float32Array.from(table.flat())),
      range: floatTensor([2], Float32Array.of(1, 5)),
      shown: column(task.map((_, row) => 1 + row)),
      rated: column(task.map(({ rating }) => (rating === null ? 0 : 1))),
      labels: column(task.map(({ rating }) => rating ?? 0)),
      listed: column(items.map((_, row) => 1 + task.length + row)),
    },
  );
  expect(state!.shape).toEqual([1, ratingStateWidth(config)]);
  return [...ratings!.data];
}

describe('predicted ratings', () => {
  test('are the mean and the bias of the item for a task without ratings', () => {
    const viewed = [{ item: [0.2, 1], rating: null }];
    // 3 + 2 · 0.25, and 3 − 2 · 0.5.
    const ratings = predicted(1, viewed, [
      [0.25, 9],
      [-0.5, 0],
    ]);
    expect(ratings).toEqual([3.5, 2]);
  });

  test('follow one rating as worked out by hand', () => {
    // (5 − 3) / 2 − 0.5 = 0.5 is left for z = (1, 2) and the penalty (4, 7), so (Σ zzᵀ + P) is [[5, 2], [2, 11]] with
    // the determinant 51, and x = 0.5 · (11 − 4, −2 + 10) / 51 = (3.5, 4) / 51.
    const [unlike, like] = predicted(
      1,
      [{ item: [0.5, 2], rating: 5 }],
      [
        [0, 0],
        [0, 3],
      ],
    ) as [number, number];
    expect(unlike).toBeCloseTo(3 + (2 * 3.5) / 51, 5);
    expect(like).toBeCloseTo(3 + (2 * (3.5 + 3 * 4)) / 51, 5);
  });

  test('stay within the ratings of training', () => {
    const items = [
      [3, 0],
      [-3, 0],
    ];
    expect(predicted(1, [], items)).toEqual([5, 1]);
  });

  test.each([1, 30, 200])('solve the ridge regression of %i ratings', (count) => {
    const width = 5;
    const itemOf = (row: number) => Array.from({ length: 1 + width }, (_, at) => Math.sin(1 + 2.3 * row + 1.9 * at));
    const task = Array.from({ length: count + 5 }, (_, row) => ({
      item: itemOf(row),
      rating: row < count ? 1 + (row % 5) : null,
    }));
    const z = (item: readonly number[]) => [1, ...item.slice(1)];
    const rated = task.slice(0, count).map(({ item, rating }) => ({ z: z(item), left: (rating! - 3) / 2 - item[0]! }));
    const size = [...Array(1 + width).keys()];
    const matrix = size.map((a) =>
      size.map((b) => rated.reduce((sum, { z }) => sum + z[a]! * z[b]!, a !== b ? 0 : a === 0 ? 4 : 7)),
    );
    const solved = solveDense(
      matrix,
      size.map((a) => rated.reduce((sum, { z, left }) => sum + z[a]! * left, 0)),
    );
    const items = [1000, 1001, 1002].map((row) => itemOf(row).map((value) => 0.3 * value));
    for (const [row, rating] of predicted(width, task, items).entries()) {
      const item = items[row]!;
      const expected = 3 + 2 * (item[0]! + z(item).reduce((sum, value, at) => sum + value * solved[at]!, 0));
      expect(rating).toBeCloseTo(Math.min(5, Math.max(1, expected)), 4);
    }
  });
});

test('a model without the head declares nothing of it', () => {
  expect([0, 3].map((width) => predictsRatings(sizedConfig(width)))).toEqual([false, true]);
  expect(declareRatingHead(sizedConfig(0), 9)).toEqual({});
  expect(Object.values(declareRatingHead(sizedConfig(3), 9)).map(({ shape }) => shape)).toEqual([[9, 4], [2]]);
});
