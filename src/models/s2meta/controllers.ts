import {
  abs,
  add,
  clipByValue,
  div,
  log,
  maximum,
  mul,
  sigmoid,
  squeeze,
  stack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, product } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { declareLstm, type LstmState, lstmStep } from './lstm-cell.ts';
import type { S2MetaConfig } from './s2meta-config.ts';

/** Declares the update controller and the stop controller (s²Meta, arXiv 1906.00391, sections 4.2 and 4.3). */
export function declareControllers({
  updateWidth,
  stopWidth,
  stepStart,
  forgetStart,
}: S2MetaConfig): ParameterDeclarations {
  const start = { deviation: 0.01 };
  return {
    ...declareLstm('update', 5, updateWidth),
    ...declareDense('update.step', [updateWidth, 1], { ...start, bias: logit(stepStart) }),
    ...declareDense('update.keep', [updateWidth, 1], { ...start, bias: logit(1 - forgetStart) }),
    ...declareLstm('stop', 4, stopWidth),
    ...declareDense('stop.output', [stopWidth, 1], { ...start, bias: logit(0.05) }),
  };
}

/** What a step on the tasks does to each parameter of their layers, `[tasks, parameters]`. */
export interface Update {
  /** The share of the parameter that is kept, from 0 to 1. */
  readonly keep: Tensor2D;
  /** The size of the step against the gradient, from 0 to 1. */
  readonly step: Tensor2D;
  readonly state: LstmState;
}

/**
 * Returns the update of the layers, from their values and gradients `[tasks, parameters]` and the losses `[tasks]`. An
 * LSTM reads each parameter by itself.
 */
export function controlUpdate(
  parameters: Tensors,
  [layers, gradients, losses]: readonly [Tensor2D, Tensor2D, Tensor2D],
  state: LstmState,
): Update {
  const spread = mul(losses, add(mul(layers, 0), 1)) as Tensor2D;
  const inputs = stack([layers, ...scaled(gradients), ...scaled(spread)], 2) as Tensor3D;
  const next = lstmStep(parameters, 'update', inputs, state);
  return { keep: gate(parameters, 'update.keep', next), step: gate(parameters, 'update.step', next), state: next };
}

/** Returns the probability `[tasks, 1]` that the steps on a task end, from its loss and the norm of its gradient. */
export function controlStop(
  parameters: Tensors,
  [losses, norms]: readonly [Tensor2D, Tensor2D],
  state: LstmState,
): { readonly stop: Tensor2D; readonly state: LstmState } {
  const inputs = stack([...scaled(losses), ...scaled(norms)], 2) as Tensor3D;
  const next = lstmStep(parameters, 'stop', inputs, state);
  return { stop: gate(parameters, 'stop.output', next), state: next };
}

function gate(parameters: Tensors, name: string, { hidden }: LstmState): Tensor2D {
  const output = add(product(hidden, parameters[`${name}.weight`] as Tensor), parameters[`${name}.bias`] as Tensor);
  return sigmoid(squeeze(output, [2])) as Tensor2D;
}

/** Numbers below e⁻ᵖ count as small. */
const precision = 10;

/**
 * Returns two numbers for each number: ln(size) / 10, at least −1; and its sign, or its value times e¹⁰ if its size is
 * below e⁻¹⁰. Gradients have very different sizes (arXiv 1606.04474, appendix A).
 */
function scaled(numbers: Tensor): [Tensor, Tensor] {
  const size = maximum(abs(numbers), Math.exp(-precision));
  return [div(log(size), precision), clipByValue(mul(numbers, Math.exp(precision)), -1, 1)];
}

function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}
