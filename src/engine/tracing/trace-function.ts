import { cast, type Tensor } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Signature, Tensors } from '../engine.ts';
import { inTurn } from '../in-turn.ts';
import { evaluateShape, type Sizes, symbolsOf } from '../ir/dimension.ts';
import type { Graph } from '../ir/graph.ts';
import { generalise } from './generalise.ts';
import { type Trace, traceGraph } from './trace.ts';

/** The graph of a function for these sizes of its symbolic dimensions, or for all sizes when none are given. */
export async function traceFunction(
  { fn, parameters, inputs }: FunctionDefinition,
  sizes?: Sizes,
): Promise<Graph> {
  const traceAt = (at: Sizes) =>
    traceGraph((trace) => withoutBooleans(fn(constantsOf(trace, parameters), inputsOf(trace, inputs, at))));
  return sizes === undefined ? generalise(traceAt, symbolsIn(inputs)) : inTurn(() => traceAt(sizes));
}

/** Every symbol of a signature, in the order of its appearance. */
export function symbolsIn(signature: Signature): string[] {
  return [...new Set(Object.values(signature).flatMap(({ shape }) => shape.flatMap(symbolsOf)))];
}

export function inputsOf(trace: Trace, signature: Signature, sizes: Sizes, prefix = ''): Tensors {
  return Object.fromEntries(
    Object.entries(signature).map(([name, { dtype, shape }]) => [
      name,
      trace.input(prefix + name, { dtype, shape: evaluateShape(shape, sizes) }),
    ]),
  );
}

export function constantsOf(trace: Trace, tensors: HostTensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, trace.constant(name, tensor, tensor.data)]),
  );
}

/** Host tensors have no booleans: they come out as 0 and 1. */
function withoutBooleans(outputs: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]): [string, Tensor] => [
      name,
      tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor,
    ]),
  );
}
