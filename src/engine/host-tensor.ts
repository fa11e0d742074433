import type { HostTensor } from './engine.ts';

/** Returns a float32 tensor in the host's memory. It uses `data` itself, not a copy. */
export function floatTensor(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: 'float32', shape, data };
}

/** Returns an int32 tensor, such as row numbers of a table, in the host's memory. It uses `data` itself, not a copy. */
export function integerTensor(shape: readonly number[], data: Int32Array): HostTensor {
  return { dtype: 'int32', shape, data };
}

/** Returns a float32 tensor of one number, without dimensions. */
export function scalarTensor(value: number): HostTensor {
  return floatTensor([], Float32Array.of(value));
}

/** Returns the number of elements of a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
