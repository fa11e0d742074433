import { setImmediate } from 'node:timers/promises';
import type { CompiledFunction, HostTensor, HostTensors } from '../engine/engine.ts';
import type { Embeddings } from './recommender.ts';
import type { LazyFunction } from './serving-function.ts';
import { rowsOf } from './support-inputs.ts';

/**
 * Runs over `rows` rows in chunks of at most `rowsPerRun`, in order, and lets the event loop serve others
 * between two chunks.
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

/** Scores `[items.rows]`; `shared` is what all items have in common. */
export async function scoreInChunks(
  compiled: CompiledFunction,
  shared: HostTensors,
  items: Embeddings,
  rowsPerRun: number,
): Promise<Float32Array> {
  const all = new Float32Array(items.rows);
  await runInChunks(items.rows, rowsPerRun, async (start, end) => {
    const { scores } = await compiled.run({ ...shared, items: rowsOf(items, [start, end]) });
    all.set(scores?.data as Float32Array, start);
  });
  return all;
}

/** What an explaining function gives, `[items.rows, …]` each; it is not compiled for no items. */
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

/** Tensors `[rows, …]` of several runs, put one after another by name. No runs, no tensors. */
export function joinRows(runs: readonly HostTensors[]): HostTensors {
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
