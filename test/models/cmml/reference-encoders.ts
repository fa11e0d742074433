import type { ContextEncoderKind } from '../../../src/models/cmml/cmml-config.ts';
import { affine, dense, reluLayers, sigmoid, type Weights } from './reference-weights.ts';

type Vector = readonly number[];

/** The context of a support set that has pairs; `inputs` are embedded pairs with their embedded labels. */
type ReferenceEncoder = (weights: Weights, inputs: readonly Vector[]) => number[];

export const referenceEncoders: Record<ContextEncoderKind, ReferenceEncoder> = {
  /** CMML eq. 6, the mean of what the whole network gives for each pair. */
  meanPool: (weights, inputs) =>
    unitByUnit(inputs.map((input) => encoded(weights, input))).map(
      (values) => values.reduce((sum, value) => sum + value) / values.length,
    ),

  /** CMML eq. 6, the maximum of it. */
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

  /** A softmax over the pairs, head by head. */
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

/** Layers with ReLU, and a linear one. */
function encoded(weights: Weights, input: Vector): number[] {
  return dense(weights, 'context.output', lastHidden(weights, input));
}

function lastHidden(weights: Weights, input: Vector): number[] {
  return reluLayers(weights, 'context', input).at(-1) as number[];
}

/** A list of values for each unit. */
function unitByUnit(vectors: readonly Vector[]): number[][] {
  return (vectors[0] as Vector).map((_, unit) => vectors.map((vector) => vector[unit] as number));
}

/** Cho et al. 2014; columns are those of the reset gate, of the update gate, and of the candidate. */
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
