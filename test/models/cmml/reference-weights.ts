import type { HostTensors } from '../../../src/engine/engine.ts';

/** Numbers of double precision by parameter name; matrices row by row. */
export type Weights = Record<string, number[]>;

export function weightsOf(parameters: HostTensors): Weights {
  return Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, [...data]]));
}

/** One vector through a fully connected layer. */
export function dense(weights: Weights, name: string, input: readonly number[]): number[] {
  return affine(weights[`${name}.weight`] as number[], weights[`${name}.bias`] as number[], input);
}

/** `x·W + b`, with W `[inputs, outputs]` row by row. */
export function affine(
  matrix: readonly number[],
  bias: readonly number[],
  input: readonly number[],
): number[] {
  return bias.map((start, output) =>
    input.reduce((sum, value, row) => sum + value * (matrix[row * bias.length + output] as number), start),
  );
}

export function relu(value: number): number {
  return Math.max(value, 0);
}
