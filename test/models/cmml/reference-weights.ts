import type { HostTensors } from '../../../src/engine/engine.ts';

/** Double-precision numbers by parameter name. Matrices are stored row by row. */
export type Weights = Record<string, number[]>;

export function weightsOf(parameters: HostTensors): Weights {
  return Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, [...data]]));
}

/** Applies a fully connected layer to one vector. */
export function dense(weights: Weights, name: string, input: readonly number[]): number[] {
  return affine(weights[`${name}.weight`] as number[], weights[`${name}.bias`] as number[], input);
}

/** Returns `x·W + b`. W is `[inputs, outputs]`, row by row. */
export function affine(matrix: readonly number[], bias: readonly number[], input: readonly number[]): number[] {
  return bias.map((start, output) =>
    input.reduce((sum, value, row) => sum + value * (matrix[row * bias.length + output] as number), start),
  );
}

/** Returns `backbone.1`, `backbone.2`, … for all existing layers. */
export function layersOf(weights: Weights, name: string): string[] {
  const layers: string[] = [];
  while (weights[`${name}.${layers.length + 1}.bias`]) layers.push(`${name}.${layers.length + 1}`);
  return layers;
}

/** Applies fully connected layers, each followed by ReLU. Returns the output of every layer. */
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
