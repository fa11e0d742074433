import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { HostTensors, Signature, Tensors, TrainingDefinition } from '../engine.ts';
import { differentiate } from '../gradients/register-gradients.ts';
import { inTurn } from '../in-turn.ts';
import type { Sizes } from '../ir/array-type.ts';
import type { Graph } from '../ir/graph.ts';
import { updateRows } from '../row-wise.ts';
import { generalize } from './generalize.ts';
import { type Trace, traceGraph } from './trace.ts';
import { constantsOf, inputsOf, symbolsIn } from './trace-function.ts';

/** The inputs and outputs of a training graph in addition to the batch. */
export const stepInput = 'training/step';
export const learningRateInput = 'training/learning-rate';
export const lossOutput = 'training/loss';

/** Returns the input name of one part of a parameter's state: the `parameter` itself or one of its moments. */
export function stateName(parameter: string, part: string): string {
  return `state/${part}/${parameter}`;
}

/** Returns the output name of the next state. */
export function nextName(state: string): string {
  return `next/${state}`;
}

/**
 * Returns the graph of a training step, from the batch and the state to the loss and the next state. The graph is for
 * these sizes of the symbols, or for all sizes if none are given.
 */
export async function traceTraining(definition: TrainingDefinition, sizes?: Sizes): Promise<Graph> {
  const traceAt = (at: Sizes) => traceGraph((trace) => trainingStep(trace, definition, at));
  return sizes === undefined ? generalize(traceAt, symbolsIn(definition.inputs)) : inTurn(() => traceAt(sizes));
}

function trainingStep(trace: Trace, definition: TrainingDefinition, sizes: Sizes): Tensors {
  const { loss, optimizer, parameters, constants, inputs } = definition;
  const batch = { ...constantsOf(trace, constants), ...inputsOf(trace, inputs, sizes) };
  const step = trace.input(stepInput, { dtype: 'float32', shape: [] }) as Scalar;
  const learningRate = trace.input(learningRateInput, { dtype: 'float32', shape: [] }) as Scalar;
  const current = stateOf(trace, parameters, 'parameter');
  const { value, gradients } = differentiate(loss, current, batch);
  const moments = optimizer.moments.map((moment) => [moment, stateOf(trace, parameters, moment)] as const);
  const outputs: Record<string, Tensor> = { [lossOutput]: value };
  for (const [name, parameter] of Object.entries(current)) {
    const own = Object.fromEntries(moments.map(([moment, tensors]) => [moment, tensors[name]!]));
    const state = { parameter, gradient: gradients[name]!, moments: own, step, learningRate };
    const rowWise = definition.rowWise?.includes(name) ?? false;
    const updated = rowWise ? updateRows(trace, optimizer, state) : optimizer.update(state);
    for (const [part, tensor] of Object.entries(updated)) outputs[nextName(stateName(name, part))] = tensor;
  }
  return outputs;
}

function stateOf(trace: Trace, parameters: HostTensors, part: string): Tensors {
  const signature: Signature = parameters;
  const named = Object.entries(signature).map(([name, type]) => [stateName(name, part), type] as const);
  const inputs = inputsOf(trace, Object.fromEntries(named), {});
  return Object.fromEntries(Object.keys(parameters).map((name) => [name, inputs[stateName(name, part)]!]));
}
