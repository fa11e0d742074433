import { abs, greater, max, type Tensor, where } from '@tensorflow/tfjs-core';
import type { Optimiser, Tensors } from './engine.ts';

export type OptimiserState = Parameters<Optimiser['update']>[0];

/** What an optimiser made of a table, but with the old values in the rows whose gradient is zero throughout. */
export function keepUntouchedRows(
  updated: Tensors,
  { parameter, gradient, moments }: OptimiserState,
): Tensors {
  const within = gradient.shape.slice(1).map((_, axis) => axis + 1);
  const touched = greater(max(abs(gradient), within, true), 0);
  const before: Tensors = { ...moments, parameter };
  return Object.fromEntries(
    Object.entries(updated).map(([part, after]) => [part, where(touched, after, before[part] as Tensor)]),
  );
}
