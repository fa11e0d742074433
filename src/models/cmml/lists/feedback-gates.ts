import {
  add,
  concat,
  gather,
  matMul,
  mul,
  neg,
  relu,
  slice,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import { feedbackTypes, typeIndex } from '../../../features/feedback.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import type { ListConfig } from './list-config.ts';

/** What a user did with items: types `[pairs]` (see `typeIndex`) and ratings `[pairs, 1]`, 0 for other types. */
export interface PairFeedback {
  readonly types: Tensor;
  readonly labels: Tensor2D;
}

/** One number per type, and how far a rating is above and below the mean. */
const basisWidth = feedbackTypes.length + 2;

/**
 * Declares how an interaction's type and rating change its item's vector: a scale and a shift for each number of the
 * basis. All start at 0, which leaves the vector as it is.
 */
export function declareFeedbackGates({ vectorWidth }: ListConfig): ParameterDeclarations {
  const gate = { shape: [basisWidth, vectorWidth], mean: 0, deviation: 0 };
  return { 'feedback.scale': gate, 'feedback.shift': gate };
}

/** Returns the encoded pairs `[pairs, vectorWidth]`: `input ⊙ (1 + basis·scale) + basis·shift`. */
export function gatePairs(parameters: Tensors, config: ListConfig, input: Tensor2D, feedback: PairFeedback): Tensor2D {
  const basis = basisOf(config, feedback);
  const scale = matMul(basis, parameters['feedback.scale'] as Tensor);
  const shift = matMul(basis, parameters['feedback.shift'] as Tensor);
  return add(add(input, mul(input, scale)), shift) as Tensor2D;
}

/** Returns 1 for ratings and 0 for pairs of other types, `[pairs, 1]`. */
export function ratedPairs({ types }: Pick<PairFeedback, 'types'>): Tensor2D {
  const hot = oneHot(types);
  return slice(hot, [0, typeIndex('RATE')], [hot.shape[0], 1]);
}

function basisOf({ labels: { mean, deviation } }: ListConfig, { types, labels }: PairFeedback): Tensor2D {
  const rating = mul(ratedPairs({ types }), mul(sub(labels, mean), 1 / deviation));
  return concat([oneHot(types), relu(rating), relu(neg(rating))], 1) as Tensor2D;
}

function oneHot(types: Tensor): Tensor2D {
  const rows = feedbackTypes.map((_, row) => feedbackTypes.map((_, column) => (row === column ? 1 : 0)));
  return gather(tensor2d(rows), types) as Tensor2D;
}
