import { serveThread } from '../common/run-in-thread.ts';
import type { ItemNeighbors, NeighborRequest } from './item-neighbors.ts';
import { type SparseMatrix, transpose } from './sparse-matrix.ts';

function neighborsHere({ byUser, shrinkage, neighbors }: NeighborRequest): ItemNeighbors {
  const byItem = transpose(byUser);
  const { rows } = byItem;
  const items = new Float32Array(rows * neighbors);
  const similarities = new Float32Array(rows * neighbors);
  const roots = Float64Array.from({ length: rows }, (_, row) =>
    Math.sqrt(byItem.starts[row + 1]! - byItem.starts[row]!),
  );
  const common = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const others = countCommon({ byUser, byItem }, row, common);
    const similarTo = (other: number) => common[other]! / (roots[row]! * roots[other]! + shrinkage);
    const scored = others.map((other) => [other, similarTo(other)] as const);
    // Ties are ordered by item, so that the result does not depend on the order of users.
    scored.sort(([a, first], [b, second]) => second - first || a - b);
    for (const [place, [other, similarity]] of scored.slice(0, neighbors).entries()) {
      items[row * neighbors + place] = other;
      similarities[row * neighbors + place] = similarity;
    }
    for (const other of others) common[other] = 0;
    common[row] = 0;
  }
  return { items, similarities };
}

/** Counts the users that each other item has in common with an item. Returns the items with any. */
function countCommon(
  { byUser, byItem }: Readonly<Record<'byUser' | 'byItem', SparseMatrix>>,
  row: number,
  common: Int32Array,
): number[] {
  const others: number[] = [];
  for (let entry = byItem.starts[row]!; entry < byItem.starts[row + 1]!; entry++) {
    const user = byItem.columns[entry]!;
    for (let at = byUser.starts[user]!; at < byUser.starts[user + 1]!; at++) {
      const other = byUser.columns[at]!;
      if (common[other]! === 0 && other !== row) others.push(other);
      common[other]!++;
    }
  }
  return others;
}

serveThread(neighborsHere, ({ items, similarities }) => [items, similarities]);
