import { sizeOf } from '../../src/engine/host-tensor.ts';
import { evaluateShape, type Sizes } from '../../src/engine/ir/array-type.ts';
import type { Graph, Node, NodeOf } from '../../src/engine/ir/graph.ts';
import type { OperatorName } from '../../src/engine/ir/operator-attributes.ts';

/**
 * Returns the number of floating-point operations of one run of a graph, given sizes for its symbols. A product of an
 * m × k and a k × n matrix counts 2·m·n·k. An element-wise operator counts its outputs, and a reduction its inputs.
 * Moving data is free. Every function, such as an exponential, counts as one operation for each element.
 */
export function countOperations({ nodes }: Graph, sizes: Sizes = {}): number {
  return nodes.reduce((sum, node) => sum + operationsOf(node, sizes), 0);
}

/** Returns the number of operations of a node, given the shapes of its inputs and of its outputs. */
type CountRule<Operator extends OperatorName> = (
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
  attributes: NodeOf<Operator>['attributes'],
) => number;

function operationsOf({ operator, inputs, outputs, attributes }: Node, sizes: Sizes): number {
  const count = countRules[operator] as CountRule<OperatorName>;
  const shapesOf = (values: Node['inputs']) => values.map(({ shape }) => evaluateShape(shape, sizes));
  return count(shapesOf(inputs), shapesOf(outputs), attributes);
}

const free: CountRule<OperatorName> = () => 0;
const perInput: CountRule<OperatorName> = ([input]) => sizeOf(input!);
const perOutput: CountRule<OperatorName> = (_inputs, [output]) => sizeOf(output!);

/** One rule per operator. */
const countRules: { readonly [Operator in OperatorName]: CountRule<Operator> } = {
  Abs: perOutput,
  Ceil: perOutput,
  Cos: perOutput,
  Erf: perOutput,
  Exp: perOutput,
  Floor: perOutput,
  Log: perOutput,
  Neg: perOutput,
  Not: perOutput,
  Reciprocal: perOutput,
  Relu: perOutput,
  Round: perOutput,
  Sigmoid: perOutput,
  Sign: perOutput,
  Sin: perOutput,
  Softplus: perOutput,
  Sqrt: perOutput,
  Tanh: perOutput,
  Elu: perOutput,
  LeakyRelu: perOutput,
  Cast: perOutput,

  Add: perOutput,
  Div: perOutput,
  Max: perOutput,
  Min: perOutput,
  Mul: perOutput,
  Pow: perOutput,
  Sub: perOutput,
  And: perOutput,
  Equal: perOutput,
  Greater: perOutput,
  GreaterOrEqual: perOutput,
  Less: perOutput,
  LessOrEqual: perOutput,
  Or: perOutput,
  Where: perOutput,
  /** A sum of n arrays is n − 1 additions. */
  Sum: (inputs, [output]) => (inputs.length - 1) * sizeOf(output!),

  Concat: free,
  Expand: free,
  Pad: free,
  Reshape: free,
  Reverse: free,
  Slice: free,
  Split: free,
  Tile: free,
  Transpose: free,

  MatMul: ([a], [output]) => 2 * sizeOf(output!) * a!.at(-1)!,
  /** The bias adds one operation for each output. */
  Gemm: ([a, _b, bias], [output], { transposeA }) => {
    const inner = transposeA ? a![0]! : a![1]!;
    return sizeOf(output!) * (2 * inner + (bias === undefined ? 0 : 1));
  },

  ReduceMax: perInput,
  ReduceMean: perInput,
  ReduceMin: perInput,
  ReduceProd: perInput,
  ReduceSum: perInput,
  ArgMax: perInput,
  ArgMin: perInput,
  CumSum: perInput,
  LogSoftmax: perInput,
  Softmax: perInput,
  TopK: perInput,

  Gather: free,
  ScatterAddRows: ([_data, _indices, updates]) => sizeOf(updates!),
  ScatterRows: free,
  DimensionSize: free,
};
