import { setImmediate } from 'node:timers/promises';
import { WarmstartError } from '../../common/errors.ts';
import type { Interactions } from '../../factors/interactions.ts';
import type { SparseMatrix } from '../../factors/sparse-matrix.ts';
import { idsOf, itemIdRows } from '../../models/item-ids.ts';
import { positivePairs } from '../../tasks/positives.ts';
import { type TrainingData, userOf } from '../../tasks/training-data.ts';

/**
 * Returns which users like which items in the training tasks, `[users, ID rows]` with 1 for each such pair, however many
 * interactions it has. Users without positives are left out. Row 0 of the items, that of unknown IDs, has no entries.
 *
 * Yields to the event loop every few milliseconds. Throws INVALID_CONFIGURATION if the schema has no item IDs, and
 * INVALID_DATA without positives.
 */
export async function positiveMatrix(data: TrainingData, positiveFrom: number): Promise<SparseMatrix> {
  const width = itemIdRows(data.schema).count;
  const counts = new Map<number, number>();
  await forEachPositive(data, positiveFrom, (user) => counts.set(user, (counts.get(user) ?? 0) + 1));
  const starts = new Int32Array(counts.size + 1);
  const next = new Map<number, number>();
  for (const [row, [user, count]] of [...counts].entries()) {
    next.set(user, starts[row]!);
    starts[row + 1] = starts[row]! + count;
  }
  const columns = new Int32Array(starts[counts.size]!);
  await forEachPositive(data, positiveFrom, (user, id) => {
    const place = next.get(user) as number;
    columns[place] = id;
    next.set(user, place + 1);
  });
  if (columns.length === 0) throw withoutPositives(positiveFrom);
  return withoutRepeats({ rows: counts.size, width, starts, columns });
}

/** Returns the number of users who like each item, `[ID rows]`. */
export function countByItem({ width, columns }: SparseMatrix): Float32Array {
  const counts = new Float32Array(width);
  for (let entry = 0; entry < columns.length; entry++) counts[columns[entry]!]!++;
  return counts;
}

/** Returns the pairs of the matrix as copies, because a thread takes over the arrays. */
export function pairsOf({ rows, width, starts, columns }: SparseMatrix): Interactions {
  const userRows = new Int32Array(columns.length);
  for (let row = 0; row < rows; row++) userRows.fill(row, starts[row], starts[row + 1]);
  return { users: rows, items: width, userRows, itemRows: columns.slice() };
}

function withoutPositives(positiveFrom: number): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `there are no positives to train on: expected ratings of at least ${positiveFrom} or interactions of other types ` +
      'with items that have an ID, found none; import more, or lower positiveFrom',
  );
}

/** Pairs between two turns of the event loop, a few milliseconds. */
const pairsPerTurn = 1 << 15;

async function forEachPositive(
  data: TrainingData,
  positiveFrom: number,
  visit: (user: number, id: number) => void,
): Promise<void> {
  const ids = idsOf(data.schema, data.items);
  let visited = 0;
  for (const task of data.tasks) {
    for (const pair of positivePairs(task, positiveFrom)) {
      const id = ids[task.items[pair] as number] as number;
      if (id > 0) visit(userOf(task, pair), id);
    }
    visited += task.items.length;
    if (visited < pairsPerTurn) continue;
    visited = 0;
    await setImmediate();
  }
}

/** Sorts the columns of each row and keeps each once, in place. */
async function withoutRepeats({ rows, width, starts, columns }: Omit<SparseMatrix, 'values'>): Promise<SparseMatrix> {
  const kept = new Int32Array(rows + 1);
  let [length, visited] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const own = columns.subarray(starts[row], starts[row + 1]).sort();
    for (const column of own) {
      // What is kept is never longer than what was read, so no column is overwritten before it is read.
      if (length > kept[row]! && columns[length - 1] === column) continue;
      columns[length] = column;
      length++;
    }
    kept[row + 1] = length;
    visited += own.length;
    if (visited < pairsPerTurn) continue;
    visited = 0;
    await setImmediate();
  }
  return { rows, width, starts: kept, columns: columns.slice(0, length), values: new Float32Array(length).fill(1) };
}
