import { gather, type Tensor } from '@tensorflow/tfjs-core';
import type { Optimiser, Tensors } from '../engine.ts';
import type { Value } from '../ir/graph.ts';
import { keepUntouchedRows, type OptimiserState } from '../keep-untouched-rows.ts';
import type { Trace } from './trace.ts';

/**
 * Updates a table row by row. Where the graph shows which rows were gathered, only those are computed and written;
 * the result is that of updating all rows and keeping the untouched ones.
 */
export function updateRows(trace: Trace, optimiser: Optimiser, state: OptimiserState): Tensors {
  const rows = gatheredRows(trace, trace.valueOf(state.gradient));
  if (rows === null) return keepUntouchedRows(optimiser.update(state), state);
  const indices = trace.tensorOf(rows) as Tensor;
  const of = (table: Tensor) => gather(table, indices as never);
  const moments = Object.fromEntries(
    Object.entries(state.moments).map(([name, moment]) => [name, of(moment)]),
  );
  const small = { ...state, parameter: of(state.parameter), gradient: of(state.gradient), moments };
  const updated = keepUntouchedRows(optimiser.update(small), small);
  const tables: Tensors = { ...state.moments, parameter: state.parameter };
  // A row that was gathered twice is written twice, with the same values.
  const written = (part: string, values: Tensor) =>
    trace.builder.emit('ScatterRows', [trace.valueOf(tables[part]!), rows, trace.valueOf(values)]);
  return Object.fromEntries(
    Object.entries(updated).map(([part, values]) => [part, trace.tensorOf(written(part, values))]),
  );
}

/** The rows to which a gradient scatters, or null when it is not made by scattering alone. */
function gatheredRows(trace: Trace, gradient: Value): Value | null {
  const producer = trace.builder.producer(gradient);
  if (producer?.operator === 'ScatterAddRows') return producer.inputs[1]!;
  if (producer?.operator === 'Reshape' && producer.inputs[0]!.shape.join() === gradient.shape.join()) {
    return gatheredRows(trace, producer.inputs[0]!);
  }
  if (producer?.operator !== 'Add' && producer?.operator !== 'Sum') return null;
  const parts = producer.inputs.map((input) => gatheredRows(trace, input));
  if (parts.some((part) => part === null)) return null;
  return trace.builder.emit('Concat', parts as Value[], { axis: 0 });
}
