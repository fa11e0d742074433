import { cast, type Tensor } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, HostTensors, Signature, Tensors } from '../engine.ts';
import { inTurn } from '../in-turn.ts';
import type { Sizes } from '../ir/array-type.ts';
import type { Graph } from '../ir/graph.ts';
import { generalize } from './generalize.ts';
import { type Trace, traceGraph } from './trace.ts';

/** Returns the graph of a function for these sizes of its symbols, or one graph for all sizes if none are given. */
export async function traceFunction({ fn, parameters, inputs }: FunctionDefinition, sizes?: Sizes): Promise<Graph> {
  const traceAt = (at: Sizes) =>
    traceGraph((trace) => withoutBooleans(fn(constantsOf(trace, parameters), inputsOf(trace, inputs, at))));
  return sizes === undefined ? generalize(traceAt, symbolsIn(inputs)) : inTurn(() => traceAt(sizes));
}

/** Returns the symbols of a signature in the order of their first occurrence. */
export function symbolsIn(signature: Signature): string[] {
  const dimensions = Object.values(signature).flatMap(({ shape }) => shape);
  return [...new Set(dimensions.filter((dimension) => typeof dimension === 'string'))];
}

export function inputsOf(trace: Trace, signature: Signature, sizes: Sizes): Tensors {
  return Object.fromEntries(
    Object.entries(signature).map(([name, { dtype, shape }]) => [
      name,
      trace.input(name, {
        dtype,
        shape: shape.map((size) => (typeof size === 'string' ? sizes[size]! : size)),
      }),
    ]),
  );
}

export function constantsOf(trace: Trace, tensors: HostTensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, trace.constant(name, tensor, tensor.data)]),
  );
}

/** Converts booleans to 0 and 1, because host tensors have no booleans. */
function withoutBooleans(outputs: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]): [string, Tensor] => [
      name,
      tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor,
    ]),
  );
}
