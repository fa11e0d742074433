import { broadcastTo, concat, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

/**
 * A vector for every pair of every task, as parts whose concatenation it is: each `[tasks, pairs, width]`, or
 * `[tasks, 1, width]` when all pairs of a task share it. Kept apart, a shared part is computed once a task.
 */
export type Parts = readonly Tensor3D[];

export function widthsOf(vector: Parts): number[] {
  return vector.map((part) => part.shape[2]);
}

/** How many pairs a task has; 1 when its pairs share every part. */
export function pairCount(vector: Parts): number {
  return Math.max(...vector.map(({ shape }) => shape[1]));
}

/** `[tasks, 1, …]`, which the pairs of a task share, repeated for each of them: `[tasks, pairs, …]`. */
export function perPair<T extends Tensor>(shared: T, pairs: number): T {
  const [tasks, , ...rest] = shared.shape;
  return broadcastTo(shared, [tasks as number, pairs, ...rest] as never) as T;
}

/** The parts put together, `[tasks, pairs, width]`. */
export function joined(vector: Parts): Tensor3D {
  const pairs = pairCount(vector);
  return concat(
    vector.map((part) => perPair(part, pairs)),
    2,
  );
}
