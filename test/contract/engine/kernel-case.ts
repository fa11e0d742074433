import { greater, type Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { DType, HostTensor, HostTensors, Tensors } from '../../../src/engine/engine.ts';

/** A test case of one kernel: an arbitrary for its inputs, and the function that calls it. */
export interface KernelCase {
  readonly inputs: fc.Arbitrary<HostTensors>;
  call(inputs: Tensors): Tensor;
  /** The inputs to differentiate with respect to. Empty if the kernel is not differentiable. */
  readonly differentiable: readonly string[];
  /** The maximum difference from the result of eager cpu. Default: 1e-5. */
  readonly tolerance?: number;
}

/** Avoids integers, where steps, ties and absolute values have kinks. */
const smoothNumber = fc.integer({ min: -12, max: 11 }).map((number) => number / 4 + 0.125);
const positiveNumber = fc.integer({ min: 1, max: 12 }).map((number) => number / 4 + 0.125);
const wholeNumber = fc.integer({ min: -5, max: 5 });

export const shapes = (options: { minRank?: number; maxRank?: number; maxSize?: number } = {}) => {
  const { minRank = 0, maxRank = 3, maxSize = 4 } = options;
  return fc.array(fc.integer({ min: 1, max: maxSize }), { minLength: minRank, maxLength: maxRank });
};

export function tensorOf(
  shape: readonly number[],
  dtype: DType,
  numbers: fc.Arbitrary<number>,
): fc.Arbitrary<HostTensor> {
  const size = shape.reduce((product, length) => product * length, 1);
  return fc.array(numbers, { minLength: size, maxLength: size }).map((values) => ({
    dtype,
    shape,
    data: dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values),
  }));
}
export const floats = (shape: readonly number[]) => tensorOf(shape, 'float32', smoothNumber);
export const positives = (shape: readonly number[]) => tensorOf(shape, 'float32', positiveNumber);
export const integers = (shape: readonly number[], numbers: fc.Arbitrary<number> = wholeNumber) =>
  tensorOf(shape, 'int32', numbers);

/** Two shapes that broadcast: some sizes of each are 1, or missing in front. */
export const broadcastingShapes = shapes().chain((shape) => fc.tuple(thinned(shape), thinned(shape)));

function thinned(shape: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .tuple(
      fc.integer({ min: 0, max: shape.length }),
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
    )
    .map(([dropped, ones]) => shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(dropped));
}

/** A kernel of one tensor `x`. */
export function unary(
  call: (x: Tensor) => Tensor,
  options: Partial<KernelCase> & { positive?: boolean } = {},
): KernelCase {
  const draw = options.positive ? positives : floats;
  return {
    inputs: shapes().chain((shape) => fc.record({ x: draw(shape) })),
    call: ({ x }) => call(x!),
    differentiable: ['x'],
    ...options,
  };
}

/** A kernel of two tensors that broadcast. Both have floats or both have integers. */
export function binary(
  call: (a: Tensor, b: Tensor) => Tensor,
  options: Partial<KernelCase> & { dtypes?: readonly DType[]; draw?: typeof floats } = {},
): KernelCase {
  const { dtypes = ['float32', 'int32'], draw = floats } = options;
  const nonZero = wholeNumber.filter((number) => number !== 0);
  return {
    inputs: fc
      .tuple(broadcastingShapes, fc.constantFrom(...dtypes))
      .chain(([[a, b], dtype]) =>
        dtype === 'float32'
          ? fc.record({ a: draw(a), b: draw(b) })
          : fc.record({ a: integers(a), b: integers(b, nonZero) }),
      ),
    call: ({ a, b }) => call(a!, b!),
    differentiable: ['a', 'b'],
    ...options,
  };
}

/** A kernel of two tensors of booleans, drawn as 0 and 1. */
export function logical(call: (a: Tensor, b: Tensor) => Tensor): KernelCase {
  const bit = fc.integer({ min: 0, max: 1 });
  return {
    inputs: broadcastingShapes.chain(([a, b]) => fc.record({ a: integers(a, bit), b: integers(b, bit) })),
    call: ({ a, b }) => call(greater(a!, 0), greater(b!, 0)),
    differentiable: [],
  };
}

/** A kernel that reduces axes of `x`. */
export function reduction(
  call: (x: Tensor, axes: number[], keepDimensions: boolean) => Tensor,
  options: Partial<KernelCase> = {},
): KernelCase {
  // The axes follow from the shape, so they need not be drawn.
  return {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape) })),
    call: ({ x }) =>
      call(
        x!,
        x!.shape.flatMap((size, axis) => (axis === 0 || size % 2 === 0 ? [axis] : [])),
        x!.rank % 2 === 0,
      ),
    differentiable: ['x'],
    ...options,
  };
}
