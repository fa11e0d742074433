import {
  add,
  cast,
  eye,
  gather,
  matMul,
  mul,
  reshape,
  split,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import type { FeatureSchema } from '../../../features/feature-schema.ts';
import { conjugateGradient } from '../../conjugate-gradient.ts';
import { idRows } from '../../embedding/factor-embedding.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import { type ItemInputs, weightedRows } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';

/**
 * The closed-form head: implicit alternating least squares with frozen item factors `y` (Rendle et al. 2022, arXiv
 * 2110.14037). A task's factors are the exact minimum for the items S that the user likes or dislikes,
 * `x = (Σ_S c·yyᵀ + α₀·YᵀY + λ(Σ_S c + α₀·items)·I)⁻¹ Σ_S c·t·y`, and its score of an item is `x·y`. A like has the
 * target t = 1 and a dislike t = −1, with the confidence c, which falls with the age. The head adapts by feed-forward
 * operations alone, and its state is three sums over the items with an opinion.
 */
export const headParameters = {
  /** `y`, `[ID rows, width]`. Row 0 is that of an item that training did not see and that has no features. */
  factors: 'item.factors',
  /** What a feature of an item that training did not see adds to its factors, `[feature rows, width]`. */
  byFeature: 'item.factors.byFeature',
  /** `α₀·YᵀY`, `[width, width]`. */
  gram: 'head.gram',
  /** λ and `α₀·items`. */
  penalty: 'head.penalty',
} as const;

/** Declares the frozen parameters. */
export function declareClosedFormHead({ closedForm }: ListConfig, schema: FeatureSchema): ParameterDeclarations {
  const { width } = closedForm;
  if (width === 0) return {};
  const { count, first } = idRows(schema, 'item');
  return {
    [headParameters.factors]: { shape: [count, width], mean: 0, deviation: 0 },
    ...(first > 0 && { [headParameters.byFeature]: { shape: [first, width], mean: 0, deviation: 0 } }),
    [headParameters.gram]: { shape: [width, width], mean: 0, deviation: 0 },
    [headParameters.penalty]: { shape: [2], mean: 0, deviation: 0 },
  };
}

/**
 * Returns the factors of items, `[items, width]`. Those of items that training did not see come from their features.
 */
export function itemFactors(parameters: Tensors, { ids, indices, weights }: ItemInputs): Tensor2D {
  const factors = gather(parameters[headParameters.factors] as Tensor, ids) as Tensor2D;
  const byFeature = parameters[headParameters.byFeature];
  if (!byFeature) return factors;
  const isNew = sub(1, step(cast(reshape(ids, [-1, 1]), 'float32')));
  return add(factors, mul(isNew, weightedRows(byFeature, indices, weights)));
}

/** The width of the state: the matrix `Σ c·yyᵀ`, the vector `Σ c·t·y` and the sum `Σ c`. */
export function headStateWidth({ closedForm }: ListConfig): number {
  const { width } = closedForm;
  return width === 0 ? 0 : width * (width + 1) + 1;
}

/** How pairs change the sums: of each pair the change of c and that of c·t, `[pairs, 1]` both. */
export interface OpinionChanges {
  readonly confidence: Tensor2D;
  readonly opinion: Tensor2D;
}

/** Returns the sums over pairs with factors `[pairs, width]`, side by side: `[1, state]`. */
export function headSums(factors: Tensor2D, { confidence, opinion }: OpinionChanges): Tensor2D[] {
  const gram = matMul(transpose(mul(factors, confidence)), factors);
  const moments = matMul(transpose(opinion), factors);
  return [reshape(gram, [1, -1]), moments, reshape(sum(confidence), [1, 1])] as Tensor2D[];
}

/** Returns the factors of a task, `[1, width]`, from its sums. Without opinions they are 0. */
export function taskFactors(parameters: Tensors, { closedForm }: ListConfig, state: readonly Tensor2D[]): Tensor2D {
  const { width } = closedForm;
  const [gram, moments, count] = state as [Tensor2D, Tensor2D, Tensor2D];
  const [lambda, unobserved] = split(parameters[headParameters.penalty] as Tensor, 2) as [Tensor, Tensor];
  const penalty = mul(mul(lambda, add(count, unobserved)), eye(width));
  const sums = add(reshape(gram, [width, width]), parameters[headParameters.gram] as Tensor);
  const matrix = add(sums, penalty);
  return conjugateGradient((vector) => matMul(vector, matrix), moments);
}
