import type { CompiledFunction } from '../../../engine/engine.ts';
import { floatTensor } from '../../../engine/host-tensor.ts';
import { runInChunks } from '../../in-chunks.ts';
import type { Adaptation, Embeddings, ListScope, RetrievalVectors } from '../../recommender.ts';
import { runTogether } from '../../run-together.ts';
import type { LazyFunction } from '../../serving-function.ts';
import { retrievalWidth, writeRetrievalVectors } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';
import { listStateWidth } from './list-network.ts';

/** Rows to copy between two turns of the event loop, about a millisecond. */
const rowsPerCopy = 1 << 13;
/** Tasks whose vectors are computed at once. That takes little longer than one of them. */
const tasksPerRun = 8;

interface ListTask {
  readonly adaptation: Adaptation;
  readonly user: Embeddings;
}

/**
 * Returns the vectors by which a list finds its items, see `RetrievalVectors`. Those of tasks that are asked for at the
 * same time are computed together, by the functions of `taskVectorsFunctions`.
 */
export function listRetrieval(
  config: ListConfig,
  functions: Readonly<Record<ListScope, LazyFunction>>,
): RetrievalVectors {
  const width = retrievalWidth(config);
  const vectorsOf = (scope: ListScope) =>
    runTogether(
      async (tasks: readonly ListTask[]) => taskVectors(config, await functions[scope].get(), tasks),
      tasksPerRun,
    );
  const vectorOf: Record<ListScope, (task: ListTask) => Promise<Float32Array>> = {
    catalog: vectorsOf('catalog'),
    pool: vectorsOf('pool'),
  };
  return {
    width,
    async itemVectors(items) {
      const data = new Float32Array(items.rows * width);
      await runInChunks(items.rows, rowsPerCopy, async (start, end) => {
        writeRetrievalVectors(config, items, data, [start, end]);
      });
      return { rows: items.rows, width, data };
    },
    taskVector: (adaptation, user, scope = 'catalog') => vectorOf[scope]({ adaptation, user }),
  };
}

/** Returns the vector of each task. */
async function taskVectors(
  config: ListConfig,
  compiled: CompiledFunction,
  tasks: readonly ListTask[],
): Promise<Float32Array[]> {
  const count = tasks.length;
  const [stateWidth, userWidth, width] = [listStateWidth(config), config.vectorWidth, retrievalWidth(config)];
  const states = new Float32Array(count * stateWidth);
  const users = new Float32Array(count * userWidth);
  const counts = new Float32Array(count);
  for (const [task, { adaptation, user }] of tasks.entries()) {
    states.set(adaptation.state.subarray(0, stateWidth), task * stateWidth);
    users.set(user.data, task * userWidth);
    counts[task] = adaptation.pairs;
  }
  const { vectors } = await compiled.run({
    states: floatTensor([count, stateWidth], states),
    counts: floatTensor([count, 1], counts),
    users: floatTensor([count, userWidth], users),
  });
  const data = vectors?.data as Float32Array;
  return tasks.map((_, task) => data.subarray(task * width, (task + 1) * width));
}
