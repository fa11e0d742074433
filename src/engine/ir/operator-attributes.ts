import type { Dimension, ElementType } from './array-type.ts';

type None = Readonly<Record<never, never>>;
interface Reduction {
  readonly axes: readonly number[];
  readonly keepDimensions: boolean;
}

/**
 * The closed list of operators, each with its static attributes. Names and meanings are ONNX's (opset 18), except
 * where ONNX wants an array that we know in advance (the shape of a Reshape): that is an attribute here.
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
  /** (condition, whenTrue, whenFalse). */
  Where: None;
  /** Element-wise sum of any number of arrays. */
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

  /** Last two dimensions multiply, leading ones broadcast. */
  MatMul: None;
  /** Matrices only: op(a) · op(b) + bias, the bias (optional third input) broadcast over rows. */
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
  /** Values and indices of the k largest along the last axis, largest first. */
  TopK: { readonly k: number };

  Gather: { readonly axis: number };
  /** (data, indices `[n]`, updates `[n, ...rest]`): adds every update to its row; repeated rows add up. */
  ScatterAddRows: None;
  /** As ScatterAddRows, but the update replaces the row; repeated rows must carry the same update. */
  ScatterRows: None;
  /** The size of a dimension as a scalar. */
  DimensionSize: { readonly dimension: Dimension; readonly dtype: 'float32' | 'int32' };
}

export type OperatorName = keyof Attributes;
