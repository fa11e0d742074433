import {
  add,
  concat,
  exp,
  gather,
  matMul,
  mul,
  neg,
  relu,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import { rating } from '../../../features/interaction-types.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import { type ListConfig, readsAmounts } from './list-config.ts';

/**
 * What a user did with items: types `[pairs]` as indices of the configuration's list, ratings `[pairs, 1]`, 0 for other
 * types, and what multiplies an item's vector `[pairs, 1]`, see `evidenceOf`. A type that is not in the list has its
 * length as index.
 */
export interface PairFeedback {
  readonly types: Tensor;
  readonly labels: Tensor2D;
  readonly evidence: Tensor2D;
  /** See `standardAmount`, `[pairs, 1]`; `undefined` if the model does not read them. */
  readonly amounts: Tensor2D | undefined;
  /** See `agesOf`, `[pairs, 1]`; `undefined` if the model does not read them. */
  readonly ages: Tensor2D | undefined;
}

/** The spans in days by which ages differ: 1 and 10 minutes, 1 and 8 hours, a day, a week, a month, a quarter, a year. */
const spans = [1 / 1440, 1 / 144, 1 / 24, 1 / 3, 1, 7, 30, 90, 365];

/**
 * Declares how an interaction's type and rating change its item's vector: a scale and a shift for each number of the
 * basis, which are one number per type, and how far a rating is above and below the mean. For models that read amounts,
 * there is one more number per type: the amount. Also declares how much less an older interaction says, for each span.
 * All start at 0, which leaves only the evidence: a dislike is then the opposite of a like, and so is one of a type that
 * training did not see.
 */
export function declareFeedbackGates(config: ListConfig): ParameterDeclarations {
  const { vectorWidth, types, ages } = config;
  const rows = types.length + 2 + (readsAmounts(config) ? types.length : 0);
  const gate = { shape: [rows, vectorWidth], mean: 0, deviation: 0 };
  return {
    'feedback.scale': gate,
    'feedback.shift': gate,
    ...(ages && { 'feedback.age': { ...gate, shape: [spans.length, vectorWidth] } }),
  };
}

/**
 * Returns the encoded pairs `[pairs, vectorWidth]`: `input ⊙ (evidence · (1 + recency·age) + basis·scale) + basis·shift`.
 */
export function gatePairs(parameters: Tensors, config: ListConfig, input: Tensor2D, feedback: PairFeedback): Tensor2D {
  const basis = basisOf(config, feedback);
  const scale = add(agedEvidence(parameters, feedback), matMul(basis, parameters['feedback.scale'] as Tensor));
  const shift = matMul(basis, parameters['feedback.shift'] as Tensor);
  return add(mul(input, scale), shift) as Tensor2D;
}

/** Of a pair of age 0, the evidence stays what it is. The recency for a span is `exp(−age / span) − 1`. */
function agedEvidence(parameters: Tensors, { evidence, ages }: PairFeedback): Tensor {
  if (!ages) return evidence;
  const recency = sub(exp(mul(ages, tensor2d([spans.map((span) => -1 / span)]))), 1);
  return mul(evidence, add(1, matMul(recency, parameters['feedback.age'] as Tensor)));
}

/** Returns 1 for ratings and 0 for pairs of other types, `[pairs, 1]`. */
export function ratedPairs({ types: names }: ListConfig, { types }: Pick<PairFeedback, 'types'>): Tensor2D {
  const column = [...names, ''].map((name) => [name === rating ? 1 : 0]);
  return gather(tensor2d(column), types) as Tensor2D;
}

function basisOf(config: ListConfig, { types, labels, amounts }: PairFeedback): Tensor2D {
  const { mean, deviation } = config.labels;
  const ratings = mul(ratedPairs(config, { types }), mul(sub(labels, mean), 1 / deviation));
  const byType = oneHot(config, types);
  const basis = [byType, relu(ratings), relu(neg(ratings)), ...(amounts ? [mul(byType, amounts)] : [])];
  return concat(basis, 1) as Tensor2D;
}

/** The last row is that of a type that is not in the list. */
function oneHot({ types: names }: ListConfig, types: Tensor): Tensor2D {
  const rows = [...names, ''].map((_, row) => names.map((_, column) => (row === column ? 1 : 0)));
  return gather(tensor2d(rows), types) as Tensor2D;
}
