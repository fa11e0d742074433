import {
  add,
  cast,
  concat,
  eye,
  gather,
  matMul,
  maximum,
  minimum,
  mul,
  reshape,
  slice,
  split,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import { conjugateGradient } from '../../conjugate-gradient.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import type { ListConfig } from './list-config.ts';

/**
 * The rating head: a factorization of ratings (Koren, Bell and Volinsky 2009, eqs. 4 and 5) whose item biases `b` and
 * item factors `y` are frozen, see `factorizeRatings`. A task's bias and factors are the exact minimum for its ratings,
 * `x = (Σ zzᵀ + P)⁻¹ Σ z·(rating − b)` with `z = (1, y)` and the diagonal penalty P, and a predicted rating is `b +
 * z·x`. Ratings are standardized for that. Like the closed-form head, it adapts by feed-forward operations alone.
 *
 * It has no part in the score, and a state of its own, so that lists cost the same with and without it.
 */
export const ratingParameters = {
  /** `b` and `y` of each item by ID row, `[rows, 1 + width]`. */
  items: 'rating.items',
  /** The lowest and the highest rating of training, `[2]`. */
  range: 'rating.range',
} as const;

/** Declares the frozen parameters. `rows` is the number of ID rows. */
export function declareRatingHead(config: ListConfig, rows: number): ParameterDeclarations {
  if (!predictsRatings(config)) return {};
  return {
    [ratingParameters.items]: { shape: [rows, 1 + config.ratingHead.width], mean: 0, deviation: 0 },
    [ratingParameters.range]: { shape: [2], mean: 0, deviation: 0 },
  };
}

export function predictsRatings({ ratingHead }: ListConfig): boolean {
  return ratingHead.width > 0;
}

/** The width of a task's state: the matrix of the products of `(z, rating − b)` with itself. */
export function ratingStateWidth({ ratingHead: { width } }: ListConfig): number {
  return (width + 2) ** 2;
}

/** Pairs of a support set, `[pairs, 1]` each. */
export interface RatedPairs {
  /** The ID rows of the items. */
  readonly ids: Tensor2D;
  /** 1 for ratings, 0 for other pairs. */
  readonly rated: Tensor2D;
  readonly labels: Tensor2D;
}

/** Returns the sums over pairs that make up the state of a task, `[1, ratingStateWidth]`. */
export function ratingSums(parameters: Tensors, config: ListConfig, { ids, rated, labels }: RatedPairs): Tensor2D {
  const { mean, deviation } = config.labels;
  const { biases, factors } = itemsOf(parameters, config, ids);
  const residuals = sub(mul(sub(labels, mean), 1 / deviation), biases);
  // A column of ones times the mask is the mask.
  const own = concat([rated, mul(concat([factors, residuals], 1), rated) as Tensor2D], 1);
  return reshape(matMul(transpose(own), own), [1, -1]);
}

/**
 * Returns the predicted ratings of items, `[items, 1]`, from the state of a task and the items' ID rows `[items, 1]`.
 */
export function predictedRatings(parameters: Tensors, config: ListConfig, state: Tensor2D, ids: Tensor2D): Tensor2D {
  const { mean, deviation } = config.labels;
  const { biases, factors } = itemsOf(parameters, config, ids);
  const [bias, own] = split(solveTask(config, state), [1, config.ratingHead.width], 1) as [Tensor2D, Tensor2D];
  const standardized = add(add(biases, bias), matMul(factors, transpose(own)));
  const predicted = add(mul(standardized, deviation), mean);
  const [lowest, highest] = split(parameters[ratingParameters.range] as Tensor, 2) as [Tensor, Tensor];
  return minimum(maximum(predicted, lowest), highest);
}

function itemsOf(
  parameters: Tensors,
  { ratingHead: { width } }: ListConfig,
  ids: Tensor2D,
): { biases: Tensor2D; factors: Tensor2D } {
  const rows = cast(reshape(ids, [-1]), 'int32');
  const items = gather(parameters[ratingParameters.items] as Tensor, rows) as Tensor2D;
  const [biases, factors] = split(items, [1, width], 1) as [Tensor2D, Tensor2D];
  return { biases, factors };
}

/** Returns the bias and the factors of a task, `[1, 1 + width]`. Without ratings they are 0. */
function solveTask({ ratingHead }: ListConfig, state: Tensor2D): Tensor2D {
  const { width, regularization, biasRegularization } = ratingHead;
  const size = 1 + width;
  const products = reshape(state, [size + 1, size + 1]) as Tensor2D;
  const moments = slice(products, [size, 0], [1, size]) as Tensor2D;
  const penalty = tensor1d([biasRegularization, ...new Array<number>(width).fill(regularization)]);
  const matrix = add(slice(products, [0, 0], [size, size]), mul(penalty, eye(size))) as Tensor2D;
  return conjugateGradient((vector: Tensor2D) => matMul(vector, matrix), moments);
}
