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

/** `backbone.1`, `backbone.2`, …: as many as there are. */
export function layersOf(weights: Weights, name: string): string[] {
  const layers: string[] = [];
  while (weights[`${name}.${layers.length + 1}.bias`]) layers.push(`${name}.${layers.length + 1}`);
  return layers;
}

/** Fully connected layers, each followed by ReLU; gives the output of every layer. */
export function reluLayers(weights: Weights, name: string, input: readonly number[]): number[][] {
  let vector = input;
  return layersOf(weights, name).map((layer) => {
    const hidden = dense(weights, layer, vector).map(relu);
    vector = hidden;
    return hidden;
  });
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

export function relu(value: number): number {
  return Math.max(value, 0);
}
