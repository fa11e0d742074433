import { greater, type Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { DType, HostTensor, HostTensors, Tensors } from '../../../src/engine/engine.ts';

/** A way to call one kernel: inputs to draw, and the function that calls it. */
export interface KernelCase {
  readonly inputs: fc.Arbitrary<HostTensors>;
  call(inputs: Tensors): Tensor;
  /** Inputs with respect to which it is differentiated; none where the kernel is not differentiable. */
  readonly differentiable: readonly string[];
  /** How far the result may lie from eager cpu's. */
  readonly tolerance?: number;
}

/** Away from the integers, at which steps, ties and absolute values have their kinks. */
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

/** Two shapes that broadcast: some sizes of either are 1, or missing in front. */
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

/** A kernel of two tensors that broadcast, of floats or of integers. */
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

/** A kernel of two tensors of 0 and 1, made into booleans. */
export function logical(call: (a: Tensor, b: Tensor) => Tensor): KernelCase {
  const bit = fc.integer({ min: 0, max: 1 });
  return {
    inputs: broadcastingShapes.chain(([a, b]) => fc.record({ a: integers(a, bit), b: integers(b, bit) })),
    call: ({ a, b }) => call(greater(a!, 0), greater(b!, 0)),
    differentiable: [],
  };
}

/** A kernel that folds axes of `x` away. */
export function reduction(
  call: (x: Tensor, axes: number[], keepDimensions: boolean) => Tensor,
  options: Partial<KernelCase> = {},
): KernelCase {
  // The axes are drawn beside the tensor and carried as its data's shape allows: a fixed function of the shape.
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
