import type { CompiledFunction, HostTensors } from '../engine/engine.ts';
import { joinRows } from './join-rows.ts';
import type { LazyFunction } from './lazy-function.ts';
import type { Embeddings } from './recommender.ts';
import { runInChunks } from './run-in-chunks.ts';
import { rowsOf } from './support-inputs.ts';

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
