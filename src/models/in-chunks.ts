import { setImmediate } from 'node:timers/promises';
import type { CompiledFunction, HostTensor, HostTensors } from '../engine/engine.ts';
import type { Embeddings } from './recommender.ts';
import type { LazyFunction } from './serving-function.ts';
import { rowsOf } from './support-inputs.ts';

/**
 * Calls `run` for consecutive chunks of at most `rowsPerRun` of the rows. Between two chunks the event loop handles
 * other requests.
 */
export async function runInChunks(
  rows: number,
  rowsPerRun: number,
  run: (start: number, end: number) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < rows; start += rowsPerRun) {
    if (start > 0) await setImmediate();
    await run(start, Math.min(start + rowsPerRun, rows));
  }
}

/**
 * Returns scores `[items.rows]`, or another output of that shape. `shared` has the inputs that all items share.
 */
export async function scoreInChunks(
  compiled: CompiledFunction,
  shared: HostTensors,
  items: Embeddings,
  rowsPerRun: number,
  output = 'scores',
): Promise<Float32Array> {
  const all = new Float32Array(items.rows);
  await runInChunks(items.rows, rowsPerRun, async (start, end) => {
    const { [output]: values } = await compiled.run({ ...shared, items: rowsOf(items, [start, end]) });
    all.set(values?.data as Float32Array, start);
  });
  return all;
}

/**
 * Returns the outputs of an explaining function, each `[items.rows, …]`. Without items, the function is not compiled.
 */
export async function explainInChunks(
  lazy: LazyFunction,
  shared: HostTensors,
  items: Embeddings,
  rowsPerRun: number,
): Promise<HostTensors> {
  const runs: HostTensors[] = [];
  await runInChunks(items.rows, rowsPerRun, async (start, end) => {
    const compiled = await lazy.get();
    runs.push(await compiled.run({ ...shared, items: rowsOf(items, [start, end]) }));
  });
  return joinRows(runs);
}

/** Concatenates the tensors `[rows, …]` of several runs by name. Without runs, the result is empty. */
function joinRows(runs: readonly HostTensors[]): HostTensors {
  const [first = {}] = runs;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, joined(runs.map((run) => run[name] as HostTensor))]),
  );
}

function joined(pieces: readonly HostTensor[]): HostTensor {
  const [{ dtype, shape }] = pieces as [HostTensor];
  const rows = pieces.reduce((sum, piece) => sum + (piece.shape[0] as number), 0);
  const size = pieces.reduce((sum, { data }) => sum + data.length, 0);
  const data = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece.data, at);
    at += piece.data.length;
  }
  return { dtype, shape: [rows, ...shape.slice(1)], data };
}
