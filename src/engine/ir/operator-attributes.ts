import type { Dimension, ElementType } from './array-type.ts';

type None = Readonly<Record<never, never>>;
interface Reduction {
  readonly axes: readonly number[];
  readonly keepDimensions: boolean;
}

/**
 * The closed list of operators with their static attributes. Names and meanings are those of ONNX (opset 18), with one
 * difference: an input that is known in advance, such as the shape of a Reshape, is an attribute here.
 */
export interface Attributes {
  Abs: None;
  Ceil: None;
  Cos: None;
  Erf: None;
  Exp: None;
  Floor: None;
  Log: None;
  Neg: None;
  Not: None;
  Reciprocal: None;
  Relu: None;
  Round: None;
  Sigmoid: None;
  Sign: None;
  Sin: None;
  Softplus: None;
  Sqrt: None;
  Tanh: None;
  Elu: { readonly alpha: number };
  LeakyRelu: { readonly alpha: number };
  Cast: { readonly to: ElementType };

  Add: None;
  Div: None;
  Max: None;
  Min: None;
  Mul: None;
  Pow: None;
  Sub: None;
  And: None;
  Equal: None;
  Greater: None;
  GreaterOrEqual: None;
  Less: None;
  LessOrEqual: None;
  Or: None;
  /** Inputs: (condition, whenTrue, whenFalse). */
  Where: None;
  /** The element-wise sum of any number of arrays. */
  Sum: None;

  Concat: { readonly axis: number };
  Expand: { readonly shape: readonly Dimension[] };
  Pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  Reshape: { readonly shape: readonly Dimension[] };
  Reverse: { readonly axes: readonly number[] };
  Slice: {
    readonly axes: readonly number[];
    readonly starts: readonly number[];
    readonly ends: readonly number[];
  };
  Split: { readonly axis: number; readonly sizes: readonly number[] };
  Tile: { readonly repeats: readonly number[] };
  Transpose: { readonly permutation: readonly number[] };

  /** The product over the last two dimensions. The leading dimensions broadcast. */
  MatMul: None;
  /** op(a) · op(b) + bias, for matrices only. The bias is an optional third input and broadcasts over rows. */
  Gemm: { readonly transposeA: boolean; readonly transposeB: boolean };

  ReduceMax: Reduction;
  ReduceMean: Reduction;
  ReduceMin: Reduction;
  ReduceProd: Reduction;
  ReduceSum: Reduction;
  ArgMax: { readonly axis: number };
  ArgMin: { readonly axis: number };
  CumSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  LogSoftmax: { readonly axis: number };
  Softmax: { readonly axis: number };
  /** The values and the indices of the k largest elements along the last axis, largest first. */
  TopK: { readonly k: number };

  Gather: { readonly axis: number };
  /** Inputs: (data, indices `[n]`, updates `[n, ...rest]`). Adds every update to its row. Updates of one row add up. */
  ScatterAddRows: None;
  /** Like ScatterAddRows, but an update replaces its row. All updates of one row must be equal. */
  ScatterRows: None;
  /** The size of a dimension, as a scalar. */
  DimensionSize: { readonly dimension: Dimension; readonly dtype: 'float32' | 'int32' };
}

export type OperatorName = keyof Attributes;
