import { add, mul, sigmoid, split, type Tensor2D, type Tensor3D, tanh, zeros } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { product } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

/** The state of an LSTM for each row of each task, `[tasks, rows, width]`. */
export interface LstmState {
  readonly hidden: Tensor3D;
  readonly cell: Tensor3D;
}

/** Declares a cell that reads `inputs` numbers. Its weights make the gates input, forget, candidate and output. */
export function declareLstm(name: string, inputs: number, width: number): ParameterDeclarations {
  return {
    [`${name}.weight`]: { shape: [inputs, 4 * width], mean: 0, deviation: Math.sqrt(1 / inputs) },
    [`${name}.recurrence`]: { shape: [width, 4 * width], mean: 0, deviation: Math.sqrt(1 / width) },
    [`${name}.bias`]: { shape: [4 * width], mean: 0, deviation: 0 },
  };
}

/** Returns the state before the first step. */
export function lstmStart(tasks: number, rows: number, width: number): LstmState {
  return { hidden: zeros([tasks, rows, width]), cell: zeros([tasks, rows, width]) };
}

/**
 * Returns the next state (Hochreiter & Schmidhuber 1997, with a forget gate). Inputs are `[tasks, rows, inputs]`. All
 * rows of all tasks share the weights.
 */
export function lstmStep(parameters: Tensors, name: string, inputs: Tensor3D, { hidden, cell }: LstmState): LstmState {
  const of = (part: string) => parameters[`${name}.${part}`] as Tensor2D;
  const gates = add(add(product(inputs, of('weight')), product(hidden, of('recurrence'))), of('bias')) as Tensor3D;
  const [input, forget, candidate, output] = split(gates, 4, 2) as [Tensor3D, Tensor3D, Tensor3D, Tensor3D];
  const next = add(mul(sigmoid(forget), cell), mul(sigmoid(input), tanh(candidate))) as Tensor3D;
  return { hidden: mul(sigmoid(output), tanh(next)) as Tensor3D, cell: next };
}
