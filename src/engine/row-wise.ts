import { abs, gather, greater, max, type Tensor, where } from '@tensorflow/tfjs-core';
import type { Optimizer, Tensors } from './engine.ts';
import { sameShape } from './ir/array-type.ts';
import type { Value } from './ir/graph.ts';
import type { Trace } from './tracing/trace.ts';

type OptimizerState = Parameters<Optimizer['update']>[0];

/** Returns the updated tables with the old values in every row whose gradient consists of zeros. */
export function keepUntouchedRows(updated: Tensors, { parameter, gradient, moments }: OptimizerState): Tensors {
  const within = gradient.shape.slice(1).map((_, axis) => axis + 1);
  const touched = greater(max(abs(gradient), within, true), 0);
  const before: Tensors = { ...moments, parameter };
  return Object.fromEntries(
    Object.entries(updated).map(([part, after]) => [part, where(touched, after, before[part] as Tensor)]),
  );
}

/**
 * Updates a table while tracing. If the graph shows which rows were gathered, the step computes and writes only these
 * rows. The result is the same as that of `keepUntouchedRows` after an update of all rows.
 */
export function updateRows(trace: Trace, optimizer: Optimizer, state: OptimizerState): Tensors {
  const rows = gatheredRows(trace, trace.valueOf(state.gradient));
  if (rows === null) return keepUntouchedRows(optimizer.update(state), state);
  const indices = trace.tensorOf(rows) as Tensor;
  const of = (table: Tensor) => gather(table, indices as never);
  const moments = Object.fromEntries(Object.entries(state.moments).map(([name, moment]) => [name, of(moment)]));
  const small = { ...state, parameter: of(state.parameter), gradient: of(state.gradient), moments };
  const updated = keepUntouchedRows(optimizer.update(small), small);
  const tables: Tensors = { ...state.moments, parameter: state.parameter };
  // A row that was gathered twice is written twice, both times with the same values.
  const written = (part: string, values: Tensor) =>
    trace.builder.emit('ScatterRows', [trace.valueOf(tables[part]!), rows, trace.valueOf(values)]);
  return Object.fromEntries(
    Object.entries(updated).map(([part, values]) => [part, trace.tensorOf(written(part, values))]),
  );
}

/** Returns the rows to which a gradient scatters, or null if other operators contribute to it. */
function gatheredRows(trace: Trace, gradient: Value): Value | null {
  const producer = trace.builder.producer(gradient);
  if (producer?.operator === 'ScatterAddRows') return producer.inputs[1]!;
  if (producer?.operator === 'Reshape' && sameShape(producer.inputs[0]!.shape, gradient.shape)) {
    return gatheredRows(trace, producer.inputs[0]!);
  }
  if (producer?.operator !== 'Add' && producer?.operator !== 'Sum') return null;
  const parts = producer.inputs.map((input) => gatheredRows(trace, input));
  if (parts.some((part) => part === null)) return null;
  return trace.builder.emit('Concat', parts as Value[], { axis: 0 });
}
