import { expect, test } from '@jest/globals';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { floatTensor, integerTensor } from '../../../../src/engine/host-tensor.ts';
import { fitFeatureSchema } from '../../../../src/features/fit-feature-schema.ts';
import {
  declareClosedFormHead,
  headStateWidth,
  headSums,
  itemFactors,
  taskFactors,
} from '../../../../src/models/cmml/lists/closed-form-head.ts';
import { parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { onEagerCpu } from '../../../support/on-eager-cpu.ts';
import { solveDense } from '../../../support/solve-dense.ts';

const [items, width, unobservedWeight, lambda] = [12, 3, 0.3, 0.05];
const sizedConfig = (size: number) => parseListConfig({ objective: 'softmax', closedForm: { width: size } });
const config = sizedConfig(width);
const factorsOf = (item: number) => [0, 1, 2].map((unit) => Math.sin(1 + 2.3 * item + 1.9 * unit));
/** Returns `Σ y yᵀ` over items. */
const gramOf = (rows: readonly number[]) =>
  [0, 1, 2].map((a) =>
    [0, 1, 2].map((b) => rows.reduce((sum, item) => sum + factorsOf(item)[a]! * factorsOf(item)[b]!, 0)),
  );
const catalog = [...Array(items).keys()];

const [user, film] = [{ id: 'u' }, { id: 'a', genres: ['drama', 'crime'] }];
const id = (entity: 'user' | 'item') => ({ entity, name: 'id', kind: 'categorical' }) as const;
const genres = { entity: 'item', name: 'genres', kind: 'multiValued' } as const;
const minimumCount = { user: 1, item: 1 };
const idsAlone = fitFeatureSchema([id('user'), id('item')], [user], [film], { minimumCount });
const withGenres = fitFeatureSchema([id('user'), genres, id('item')], [user], [film], { minimumCount });

/** The factors of a task from its pairs: items, and the opinions of them. */
function computed(pairs: readonly (readonly [item: number, opinion: number])[]): number[] {
  const { result } = onEagerCpu(
    ({ factors, confidence, opinion, gram, penalty }) => ({
      result: taskFactors(
        { 'head.gram': gram!, 'head.penalty': penalty! },
        config,
        headSums(factors as Tensor2D, { confidence: confidence as Tensor2D, opinion: opinion as Tensor2D }),
      ),
    }),
    {
      factors: floatTensor([pairs.length, width], Float32Array.from(pairs.flatMap(([item]) => factorsOf(item)))),
      confidence: floatTensor(
        [pairs.length, 1],
        Float32Array.from(pairs, ([, opinion]) => Math.abs(opinion)),
      ),
      opinion: floatTensor(
        [pairs.length, 1],
        Float32Array.from(pairs, ([, opinion]) => opinion),
      ),
      gram: floatTensor(
        [width, width],
        Float32Array.from(gramOf(catalog).flat(), (value) => unobservedWeight * value),
      ),
      penalty: floatTensor([2], Float32Array.of(lambda, unobservedWeight * items)),
    },
  );
  expect(result!.shape).toEqual([1, width]);
  return [...result!.data];
}

test.each([
  ['one positive', [[4, 1]]],
  [
    'several positives and a disliked item',
    [
      [4, 1],
      [7, 0],
      [0, 1],
      [11, 1],
      [2, 1],
    ],
  ],
  [
    'an item twice',
    [
      [4, 1],
      [4, 1],
    ],
  ],
] as const)('the factors of a task with %s solve its equations', (_, pairs) => {
  const positives = pairs.filter(([, positive]) => positive === 1).map(([item]) => item);
  const [own, all] = [gramOf(positives), gramOf(catalog)];
  const penalty = lambda * (positives.length + unobservedWeight * items);
  const matrix = own.map((row, a) =>
    row.map((value, b) => value + unobservedWeight * all[a]![b]! + (a === b ? penalty : 0)),
  );
  const right = [0, 1, 2].map((unit) => positives.reduce<number>((sum, item) => sum + factorsOf(item)[unit]!, 0));
  for (const [unit, value] of solveDense(matrix, right).entries()) {
    expect(computed(pairs)[unit]).toBeCloseTo(value, 4);
  }
});

test('the factors of a task without positives are 0', () => {
  expect(computed([[4, 0]]).every((value) => Math.abs(value) === 0)).toBe(true);
});

test('the state holds a matrix, a vector and a count, and nothing without a head', () => {
  expect(headStateWidth(config)).toBe(9 + 3 + 1);
  expect(headStateWidth(sizedConfig(0))).toBe(0);
  expect(declareClosedFormHead(sizedConfig(0), idsAlone)).toEqual({});
});

test('the factors of features are declared only if items have features', () => {
  expect(declareClosedFormHead(config, idsAlone)).not.toHaveProperty(['item.factors.byFeature']);
  // Rows: unknown, drama and crime.
  expect(declareClosedFormHead(config, withGenres)['item.factors.byFeature']?.shape).toEqual([3, width]);
});

test('a known item has its own factors, and a new item those of its features', () => {
  const parameters = {
    'item.factors': floatTensor([2, 2], Float32Array.of(1, 2, 30, 40)),
    'item.factors.byFeature': floatTensor([3, 2], Float32Array.of(0, 0, 100, 200, 300, 400)),
  };
  const inputs = {
    ids: integerTensor([3], Int32Array.of(1, 0, 0)),
    indices: integerTensor([3, 2], Int32Array.of(1, 2, 1, 2, 0, 0)),
    weights: floatTensor([3, 2], Float32Array.of(0.5, 0.5, 0.5, 0.25, 0, 0)),
  };
  const { result } = onEagerCpu(
    ({ ids, indices, weights, ...given }) => ({
      result: itemFactors(given, { ids: ids as Tensor1D, indices: indices!, weights: weights! }),
    }),
    { ...parameters, ...inputs },
  );
  // 1 + 100/2 + 300/4 and 2 + 200/2 + 400/4; the last item has no features.
  expect([...result!.data]).toEqual([30, 40, 126, 202, 1, 2]);
});
