import type { HostTensor } from './engine.ts';

/** Numbers as a tensor in the host's memory; the data is taken over, not copied. */
export function floatTensor(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: 'float32', shape, data };
}

/** Whole numbers, such as rows of a table, as a tensor in the host's memory; the data is not copied. */
export function integerTensor(shape: readonly number[], data: Int32Array): HostTensor {
  return { dtype: 'int32', shape, data };
}

/** A single number as a tensor without dimensions. */
export function scalarTensor(value: number): HostTensor {
  return floatTensor([], Float32Array.of(value));
}

/** How many elements a tensor of this shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
