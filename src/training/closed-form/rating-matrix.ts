import { setImmediate } from 'node:timers/promises';
import type { SparseMatrix } from '../../factors/sparse-matrix.ts';
import { idsOf, itemIdRows } from '../../models/item-ids.ts';
import { isRating } from '../../tasks/positives.ts';
import type { Task, TrainingData } from '../../tasks/training-data.ts';

export interface RatingMatrix {
  /** The ratings of each task, `[tasks, ID rows]`, as `(rating − mean) / deviation`. */
  readonly byUser: SparseMatrix;
  /** The lowest and the highest rating. */
  readonly range: readonly [lowest: number, highest: number];
}

/** Pairs between two turns of the event loop, a few milliseconds. */
const pairsPerTurn = 1 << 15;

/**
 * Returns the ratings of the training tasks; `undefined` if there are none of items that have an ID. Yields to the event
 * loop every few milliseconds.
 */
export async function ratingMatrix(
  data: TrainingData,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): Promise<RatingMatrix | undefined> {
  const ids = idsOf(data.schema, data.items);
  const starts = new Int32Array(data.tasks.length + 1);
  await forEachTask(data, (task, row) => {
    starts[row + 1] = starts[row]! + ratedPairs(task, ids).length;
  });
  const count = starts[data.tasks.length]!;
  if (count === 0) return undefined;
  const columns = new Int32Array(count);
  const values = new Float32Array(count);
  let [lowest, highest] = [Infinity, -Infinity];
  await forEachTask(data, (task, row) => {
    for (const [at, pair] of ratedPairs(task, ids).entries()) {
      const rating = task.labels[pair] as number;
      lowest = Math.min(lowest, rating);
      highest = Math.max(highest, rating);
      columns[starts[row]! + at] = ids[task.items[pair] as number] as number;
      values[starts[row]! + at] = (rating - mean) / deviation;
    }
  });
  const byUser = { rows: data.tasks.length, width: itemIdRows(data.schema).count, starts, columns, values };
  return { byUser, range: [lowest, highest] };
}

/** Returns the indices of the pairs that are ratings of items with an ID. */
function ratedPairs(task: Task, ids: ArrayLike<number>): number[] {
  const { items } = task;
  return [...items.keys()].filter((pair) => isRating(task, pair) && (ids[items[pair] as number] as number) > 0);
}

async function forEachTask({ tasks }: TrainingData, visit: (task: Task, row: number) => void): Promise<void> {
  let visited = 0;
  for (const [row, task] of tasks.entries()) {
    visit(task, row);
    visited += task.items.length;
    if (visited < pairsPerTurn) continue;
    visited = 0;
    await setImmediate();
  }
}
