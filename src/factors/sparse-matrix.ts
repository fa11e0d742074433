import { WarmstartError } from '../common/errors.ts';
import type { Interactions } from './interactions.ts';

/**
 * A sparse matrix by rows (CSR): row r has the values `values[k]` in the columns `columns[k]`, ascending, for k from
 * `starts[r]` to before `starts[r + 1]`. It takes 8 bytes for each entry and 4 for each row.
 */
export interface SparseMatrix {
  readonly rows: number;
  readonly width: number;
  /** `[rows + 1]` */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/**
 * Returns the interactions as a matrix `[users, items]` and as its transpose `[items, users]`.
 *
 * The values of equal pairs are summed. A pair whose sum is 0 has no entry. The order of the interactions changes only
 * the rounding of sums. Throws INVALID_DATA if a sum is larger than a float32 can be.
 */
export function sparseMatrices(interactions: Interactions): { byUser: SparseMatrix; byItem: SparseMatrix } {
  const { users, items, userRows, itemRows, values } = interactions;
  const byItem = sortByRow(items, users, itemRows, userRows, values);
  const byUser = mergeDuplicates(transpose(byItem));
  return { byUser, byItem: transpose(byUser) };
}

/** Swaps rows and columns. The columns are ascending. Takes time proportional to entries and rows. */
export function transpose({ rows, width, starts, columns, values }: SparseMatrix): SparseMatrix {
  const rowOfEntry = new Int32Array(columns.length);
  for (let row = 0; row < rows; row++) rowOfEntry.fill(row, starts[row], starts[row + 1]);
  return sortByRow(width, rows, columns, rowOfEntry, values);
}

/** A counting sort. It is stable, so the columns of a row keep their order. */
function sortByRow(
  rows: number,
  width: number,
  rowOfEntry: Int32Array,
  columnOfEntry: Int32Array,
  valueOfEntry: Float32Array | undefined,
): SparseMatrix {
  const entries = rowOfEntry.length;
  const starts = startsOf(rows, rowOfEntry);
  const next = starts.slice(0, rows);
  const columns = new Int32Array(entries);
  const values = new Float32Array(entries);
  for (let entry = 0; entry < entries; entry++) {
    const row = rowOfEntry[entry]!;
    const place = next[row]!;
    next[row] = place + 1;
    columns[place] = columnOfEntry[entry]!;
    values[place] = valueOfEntry ? valueOfEntry[entry]! : 1;
  }
  return { rows, width, starts, columns, values };
}

function startsOf(rows: number, rowOfEntry: Int32Array): Int32Array {
  const starts = new Int32Array(rows + 1);
  for (let entry = 0; entry < rowOfEntry.length; entry++) starts[rowOfEntry[entry]! + 1]!++;
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!;
  return starts;
}

/** Sums equal columns of a row, in place. They are adjacent, and the result is never longer. */
function mergeDuplicates({ rows, width, starts, columns, values }: SparseMatrix): SparseMatrix {
  const merged = new Int32Array(rows + 1);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1]!;
    for (let entry = starts[row]!; entry < end; ) {
      const column = columns[entry]!;
      let sum = 0;
      for (; entry < end && columns[entry] === column; entry++) sum += values[entry]!;
      if (sum === 0) continue;
      columns[length] = column;
      values[length] = checkSum(sum);
      length++;
    }
    merged[row + 1] = length;
  }
  return {
    rows,
    width,
    starts: merged,
    columns: columns.subarray(0, length),
    values: values.subarray(0, length),
  };
}

function checkSum(sum: number): number {
  if (Math.fround(sum) < Infinity) return sum;
  throw new WarmstartError(
    'INVALID_DATA',
    `values of the interactions: expected the sum of a pair's values to be a float32, got ${sum}.`,
  );
}
