import { evaluateShape } from '../ir/array-type.ts';
import type { Value } from '../ir/graph.ts';
import type { GraphBuilder } from '../ir/graph-builder.ts';

/** The inputs of a kernel call by their tfjs names. The inputs of a list are named "0", "1", … */
export type KernelInputs = Readonly<Record<string, Value>>;
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** Expresses one tfjs kernel in the graph's operators. */
export type Lowering = (
  inputs: KernelInputs,
  attributes: KernelAttributes,
  graph: GraphBuilder,
) => Value | readonly Value[];

/** Returns a lowering whose inputs and attributes have the names and types that tfjs documents for the kernel. */
export function kernel<Inputs extends string, Attrs = unknown>(
  lower: (inputs: Readonly<Record<Inputs, Value>>, graph: GraphBuilder, attributes: Attrs) => Value | readonly Value[],
): Lowering {
  return (inputs, attributes, graph) => lower(inputs as Record<Inputs, Value>, graph, attributes as Attrs);
}

/** Returns a lowering of a kernel that takes a list of tensors. */
export function listKernel<Attrs = unknown>(
  lower: (inputs: readonly Value[], graph: GraphBuilder, attributes: Attrs) => Value | readonly Value[],
): Lowering {
  return (inputs, attributes, graph) => lower(Object.values(inputs), graph, attributes as Attrs);
}

/** Returns the shape of a value. While tracing, every dimension is a number. */
export function shapeOf(value: Value): number[] {
  return evaluateShape(value.shape);
}

export function reshape(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  return graph.emit('Reshape', [value], { shape });
}

export function cast(graph: GraphBuilder, value: Value, to: Value['dtype']): Value {
  return value.dtype === to ? value : graph.emit('Cast', [value], { to });
}

/** Returns an array that repeats one number. The graph stores only the number. */
export function filled(graph: GraphBuilder, shape: readonly number[], number: number, dtype: Value['dtype']): Value {
  const scalar = graph.scalar(number, dtype);
  return shape.length === 0 ? scalar : graph.emit('Expand', [scalar], { shape });
}
