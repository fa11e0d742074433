import type { ContextEncoderKind } from '../../../src/models/cmml/cmml-config.ts';
import { affine, dense, reluLayers, sigmoid, type Weights } from './reference-weights.ts';

type Vector = readonly number[];

/**
 * Each encoder returns the context of a non-empty support set. `inputs` are embedded pairs with their embedded labels.
 */
type ReferenceEncoder = (weights: Weights, inputs: readonly Vector[]) => number[];

export const referenceEncoders: Record<ContextEncoderKind, ReferenceEncoder> = {
  /** The mean of the whole network's outputs for all pairs (CMML eq. 6). */
  meanPool: (weights, inputs) =>
    unitByUnit(inputs.map((input) => encoded(weights, input))).map(
      (values) => values.reduce((sum, value) => sum + value) / values.length,
    ),

  /** The maximum of these outputs (CMML eq. 6). */
  maxPool: (weights, inputs) =>
    unitByUnit(inputs.map((input) => encoded(weights, input))).map((values) => Math.max(...values)),

  /** CMML eq. 7. */
  gru(weights, inputs) {
    const width = (weights['context.gru.candidateBias'] as number[]).length;
    const start = new Array<number>(width).fill(0);
    return encoded(
      weights,
      inputs.reduce<number[]>((state, input) => gruStep(weights, state, input), start),
    );
  },

  /** A softmax over the pairs for each head. */
  attention(weights, inputs) {
    const pairs = inputs.map((input) => {
      const hidden = lastHidden(weights, input);
      const scores = dense(weights, 'context.score', hidden).map((score) => 8 * Math.tanh(score / 8));
      return { scores, values: dense(weights, 'context.value', hidden) };
    });
    const heads = (weights['context.score.bias'] as number[]).length;
    const width = (weights['context.value.bias'] as number[]).length / heads;
    const means = Array.from({ length: heads * width }, (_, unit) => {
      const head = Math.floor(unit / width);
      const exponentials = pairs.map(({ scores }) => Math.exp(scores[head] as number));
      const total = exponentials.reduce((sum, value) => sum + value);
      return pairs.reduce(
        (sum, { values }, pair) => sum + ((exponentials[pair] as number) / total) * (values[unit] as number),
        0,
      );
    });
    return dense(weights, 'context.output', means);
  },
};

/** Applies layers with ReLU and a last linear layer. */
function encoded(weights: Weights, input: Vector): number[] {
  return dense(weights, 'context.output', lastHidden(weights, input));
}

function lastHidden(weights: Weights, input: Vector): number[] {
  return reluLayers(weights, 'context', input).at(-1) as number[];
}

/** Returns the list of values of each unit. */
function unitByUnit(vectors: readonly Vector[]): number[][] {
  return (vectors[0] as Vector).map((_, unit) => vectors.map((vector) => vector[unit] as number));
}

/**
 * The GRU of Cho et al. 2014. The columns belong to the reset gate, the update gate and the candidate, in this order.
 */
function gruStep(weights: Weights, state: Vector, input: Vector): number[] {
  const width = state.length;
  const of = (name: string) => weights[`context.gru.${name}`] as number[];
  const fromInput = affine(of('inputWeight'), of('inputBias'), input);
  const fromState = affine(of('stateWeight'), new Array<number>(3 * width).fill(0), state);
  const sum = (unit: number) => (fromInput[unit] as number) + (fromState[unit] as number);
  return state.map((before, unit) => {
    const reset = sigmoid(sum(unit));
    const update = sigmoid(sum(width + unit));
    const recurrent = (fromState[2 * width + unit] as number) + (of('candidateBias')[unit] as number);
    const candidate = Math.tanh((fromInput[2 * width + unit] as number) + reset * recurrent);
    return (1 - update) * candidate + update * before;
  });
}
