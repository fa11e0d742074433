import { sizeOf } from '../host-tensor.ts';
import { type ConcreteType, type ElementType, evaluateDimension, evaluateShape, type Sizes } from './array-type.ts';
import type { Value } from './graph.ts';
import type { Attributes, OperatorName } from './operator-attributes.ts';
import { printType } from './print-graph.ts';
import { broadcast, expect, expectEqual, expectTypes, type Types, withAxis } from './type-expectations.ts';

/**
 * Returns the types of a node's outputs, given sizes for the symbols.
 * Throws a TypeError that names the operator and its inputs if these do not fit.
 */
export function inferTypes<Operator extends OperatorName>(
  operator: Operator,
  inputs: readonly Value[],
  attributes: Attributes[Operator],
  sizes: Sizes = {},
): readonly ConcreteType[] {
  const types = inputs.map(({ dtype, shape }) => ({ dtype, shape: evaluateShape(shape, sizes) }));
  try {
    return typeRules[operator](types, attributes, sizes);
  } catch (cause) {
    const listed = types.map(printType).join(', ');
    throw new TypeError(`${operator}(${listed}) ${JSON.stringify(attributes)}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Maps the types of the inputs to the types of the outputs. Throws a TypeError if the inputs do not fit. */
type TypeRule<Operator extends OperatorName> = (inputs: Types, attributes: Attributes[Operator], sizes: Sizes) => Types;

const float: readonly ElementType[] = ['float32'];
const numeric: readonly ElementType[] = ['float32', 'int32'];
const bool: readonly ElementType[] = ['bool'];

/** One type rule per operator. */
const typeRules: { readonly [Operator in OperatorName]: TypeRule<Operator> } = {
  Abs: elementwise(1, numeric),
  Ceil: elementwise(1, float),
  Cos: elementwise(1, float),
  Erf: elementwise(1, float),
  Exp: elementwise(1, float),
  Floor: elementwise(1, float),
  Log: elementwise(1, float),
  Neg: elementwise(1, numeric),
  Not: elementwise(1, bool),
  Reciprocal: elementwise(1, float),
  Relu: elementwise(1, float),
  Round: elementwise(1, float),
  Sigmoid: elementwise(1, float),
  Sign: elementwise(1, numeric),
  Sin: elementwise(1, float),
  Softplus: elementwise(1, float),
  Sqrt: elementwise(1, float),
  Tanh: elementwise(1, float),
  Elu: elementwise(1, float),
  LeakyRelu: elementwise(1, float),
  Cast: ([x], { to }) => [{ dtype: to, shape: x!.shape }],

  Add: elementwise(2, numeric),
  Div: elementwise(2, numeric),
  Max: elementwise(2, numeric),
  Min: elementwise(2, numeric),
  Mul: elementwise(2, numeric),
  Pow: elementwise(2, numeric),
  Sub: elementwise(2, numeric),
  And: elementwise(2, bool, 'bool'),
  Equal: elementwise(2, [...numeric, 'bool'], 'bool'),
  Greater: elementwise(2, numeric, 'bool'),
  GreaterOrEqual: elementwise(2, numeric, 'bool'),
  Less: elementwise(2, numeric, 'bool'),
  LessOrEqual: elementwise(2, numeric, 'bool'),
  Or: elementwise(2, bool, 'bool'),
  Where: (inputs) => {
    const [condition, whenTrue, whenFalse] = inputs;
    expectTypes([condition!], 1, bool);
    const [{ dtype }] = elementwise(2, numeric)([whenTrue!, whenFalse!]) as [ConcreteType];
    return [{ dtype, shape: broadcast(inputs.map(({ shape }) => shape)) }];
  },
  Sum: (inputs) => elementwise(inputs.length, float)(inputs),

  Concat: (inputs, { axis }) => {
    const dtype = expectTypes(inputs, inputs.length, [...numeric, 'bool']);
    const [first] = inputs;
    const total = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    for (const { shape } of inputs) expectEqual(withAxis(shape, axis, 0), withAxis(first!.shape, axis, 0));
    return [{ dtype, shape: withAxis(first!.shape, axis, total) }];
  },
  Expand: ([x], { shape }, sizes) => [{ dtype: x!.dtype, shape: broadcast([x!.shape, evaluateShape(shape, sizes)]) }],
  Pad: ([x], { before, after }) => [
    { dtype: x!.dtype, shape: x!.shape.map((size, axis) => size + before[axis]! + after[axis]!) },
  ],
  Reshape: ([x], attributes, sizes) => {
    const shape = evaluateShape(attributes.shape, sizes);
    expectEqual([sizeOf(shape)], [sizeOf(x!.shape)]);
    return [{ dtype: x!.dtype, shape }];
  },
  Reverse: ([x]) => [x!],
  Slice: ([x], { axes, starts, ends }) => {
    const shape = [...x!.shape];
    axes.forEach((axis, index) => {
      expect(
        ends[index]! <= shape[axis]! && starts[index]! <= ends[index]!,
        `axis ${axis} of size ${shape[axis]} has no range ${starts[index]} to ${ends[index]}`,
      );
      shape[axis] = ends[index]! - starts[index]!;
    });
    return [{ dtype: x!.dtype, shape }];
  },
  Split: ([x], { axis, sizes }) => {
    expectEqual([sizes.reduce((sum, size) => sum + size, 0)], [x!.shape[axis]!]);
    return sizes.map((size) => ({ dtype: x!.dtype, shape: withAxis(x!.shape, axis, size) }));
  },
  Tile: ([x], { repeats }) => [{ dtype: x!.dtype, shape: x!.shape.map((size, axis) => size * repeats[axis]!) }],
  Transpose: ([x], { permutation }) => {
    expectEqual(
      [...permutation].sort((a, b) => a - b),
      x!.shape.map((_, axis) => axis),
    );
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },

  MatMul: (inputs) => {
    const dtype = expectTypes(inputs, 2, float);
    const [a, b] = inputs.map(({ shape }) => shape) as [number[], number[]];
    expect(a.length >= 2 && b.length >= 2, 'expected two matrices or stacks of matrices');
    expectEqual([a.at(-1)!], [b.at(-2)!]);
    return [{ dtype, shape: [...broadcast([a.slice(0, -2), b.slice(0, -2)]), a.at(-2)!, b.at(-1)!] }];
  },
  Gemm: (inputs, { transposeA, transposeB }) => {
    const dtype = expectTypes(inputs, inputs.length, float);
    const [a, b, bias] = inputs.map(({ shape }) => shape) as [number[], number[], number[] | undefined];
    expect(a.length === 2 && b.length === 2, 'expected two matrices');
    const [rows, inner] = transposeA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
    const [innerOfB, columns] = transposeB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
    expectEqual([inner], [innerOfB]);
    const shape = [rows, columns];
    if (bias !== undefined) expectEqual(broadcast([bias, shape]), shape);
    return [{ dtype, shape }];
  },

  ReduceMax: reduction(numeric),
  ReduceMean: reduction(float),
  ReduceMin: reduction(numeric),
  ReduceProd: reduction(numeric),
  ReduceSum: reduction(numeric),
  ArgMax: ([x], { axis }) => [{ dtype: 'int32', shape: x!.shape.filter((_, index) => index !== axis) }],
  ArgMin: ([x], { axis }) => [{ dtype: 'int32', shape: x!.shape.filter((_, index) => index !== axis) }],
  CumSum: (inputs) => elementwise(1, numeric)(inputs),
  LogSoftmax: (inputs) => elementwise(1, float)(inputs),
  Softmax: (inputs) => elementwise(1, float)(inputs),
  TopK: ([x], { k }) => {
    const shape = withAxis(x!.shape, x!.shape.length - 1, k);
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },

  Gather: ([data, indices], { axis }) => {
    expectTypes([indices!], 1, ['int32']);
    const { dtype, shape } = data!;
    return [{ dtype, shape: [...shape.slice(0, axis), ...indices!.shape, ...shape.slice(axis + 1)] }];
  },
  ScatterAddRows: scatter,
  ScatterRows: scatter,
  DimensionSize: (_inputs, { dimension, dtype }, sizes) => {
    evaluateDimension(dimension, sizes);
    return [{ dtype, shape: [] }];
  },
};

function elementwise(arity: number, accepted: readonly ElementType[], result?: ElementType) {
  return (inputs: Types): Types => {
    const dtype = expectTypes(inputs, arity, accepted);
    return [{ dtype: result ?? dtype, shape: broadcast(inputs.map(({ shape }) => shape)) }];
  };
}

function reduction(accepted: readonly ElementType[]) {
  return ([x]: Types, { axes, keepDimensions }: Attributes['ReduceSum']): Types => {
    const dtype = expectTypes([x!], 1, accepted);
    const shape = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [{ dtype, shape: keepDimensions ? shape : shape.filter((_, axis) => !axes.includes(axis)) }];
  };
}

function scatter([data, indices, updates]: Types): Types {
  expectTypes([indices!], 1, ['int32']);
  expectTypes([data!, updates!], 2, numeric);
  expectEqual([indices!.shape.length], [1]);
  expectEqual(updates!.shape, [indices!.shape[0]!, ...data!.shape.slice(1)]);
  return [data!];
}
