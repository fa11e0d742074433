import type { NodeOf } from '../ir/graph.ts';
import type { OperatorName } from '../ir/operator-attributes.ts';
import type { ModelWriter } from './model-writer.ts';
import { dataTypes } from './onnx-schema.ts';

type NodeWriter<Operator extends OperatorName> = (writer: ModelWriter, node: NodeOf<Operator>) => void;

/** Writes each operator in ONNX, opset 18. Most are ONNX operators of the same name without attributes. */
export const nodeWriters: { readonly [Operator in OperatorName]: NodeWriter<Operator> } = {
  Abs: plain,
  Ceil: plain,
  Cos: plain,
  Erf: plain,
  Exp: plain,
  Floor: plain,
  Log: plain,
  Neg: plain,
  Not: plain,
  Reciprocal: plain,
  Relu: plain,
  Round: plain,
  Sigmoid: plain,
  Sign: plain,
  Sin: plain,
  Softplus: plain,
  Sqrt: plain,
  Tanh: plain,
  Elu: (writer, node) => write(writer, node, [], { alpha: { float: node.attributes.alpha } }),
  LeakyRelu: (writer, node) => write(writer, node, [], { alpha: { float: node.attributes.alpha } }),
  Cast: (writer, node) => write(writer, node, [], { to: dataTypes[node.attributes.to] }),

  Add: plain,
  Div: plain,
  Max: plain,
  Min: plain,
  Mul: plain,
  Pow: plain,
  Sub: plain,
  And: plain,
  Equal: plain,
  Greater: plain,
  GreaterOrEqual: plain,
  Less: plain,
  LessOrEqual: plain,
  Or: plain,
  Where: plain,
  Sum: plain,

  Concat: (writer, node) => write(writer, node, [], { axis: node.attributes.axis }),
  Expand: (writer, node) => write(writer, node, [writer.shape(node.attributes.shape)]),
  Pad: (writer, node) => {
    const { before, after, value } = node.attributes;
    const dtype = node.outputs[0]!.dtype === 'int32' ? 'int32' : 'float32';
    write(writer, node, [writer.int64s([...before, ...after]), writer.scalar(value, dtype)]);
  },
  // -1 is the size that follows from the others, so a single symbolic size need not be computed.
  Reshape: (writer, node) => {
    const { shape } = node.attributes;
    const symbolic = shape.filter((dimension) => typeof dimension !== 'number').length;
    const sizes = shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1));
    const inferable = symbolic === 1 && !sizes.includes(0);
    write(writer, node, [inferable ? writer.int64s(sizes) : writer.shape(shape)]);
  },
  Reverse: (writer, node) => {
    const { axes } = node.attributes;
    const all = (number: number) => writer.int64s(axes.map(() => number));
    const ends = all(-(2 ** 31));
    writer.node(
      'Slice',
      [writer.name(node.inputs[0]!), all(-1), ends, writer.int64s(axes), all(-1)],
      {},
      names(writer, node),
    );
  },
  Slice: (writer, node) => {
    const { starts, ends, axes } = node.attributes;
    write(writer, node, [writer.int64s(starts), writer.int64s(ends), writer.int64s(axes)]);
  },
  Split: (writer, node) => write(writer, node, [writer.int64s(node.attributes.sizes)], { axis: node.attributes.axis }),
  Tile: (writer, node) => write(writer, node, [writer.int64s(node.attributes.repeats)]),
  Transpose: (writer, node) => write(writer, node, [], { perm: node.attributes.permutation }),

  MatMul: plain,
  Gemm: (writer, node) => {
    const { transposeA, transposeB } = node.attributes;
    write(writer, node, [], { transA: Number(transposeA), transB: Number(transposeB) });
  },

  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceSum: reduction,
  ArgMax: argument,
  ArgMin: argument,
  CumSum: (writer, node) => {
    const { axis, exclusive, reverse } = node.attributes;
    write(writer, node, [writer.scalar(axis, 'int32')], {
      exclusive: Number(exclusive),
      reverse: Number(reverse),
    });
  },
  LogSoftmax: (writer, node) => write(writer, node, [], { axis: node.attributes.axis }),
  Softmax: (writer, node) => write(writer, node, [], { axis: node.attributes.axis }),
  TopK: (writer, node) => {
    const [values, indices] = names(writer, node) as [string, string];
    const wide = writer.fresh();
    writer.node('TopK', [writer.name(node.inputs[0]!), writer.int64s([node.attributes.k])], {}, [values, wide]);
    writer.node('Cast', [wide], { to: dataTypes.int32 }, [indices]);
  },

  Gather: (writer, node) => write(writer, node, [], { axis: node.attributes.axis }),
  ScatterAddRows: (writer, node) => scatter(writer, node, { reduction: 'add' }),
  ScatterRows: (writer, node) => scatter(writer, node, {}),
  DimensionSize: (writer, node) => {
    const { dimension, dtype } = node.attributes;
    const scalar = writer.node('Reshape', [writer.size(dimension), writer.int64s([])]);
    writer.node('Cast', [scalar], { to: dataTypes[dtype] }, names(writer, node));
  },
};

type Attributes = Parameters<ModelWriter['node']>[2];

function write(
  writer: ModelWriter,
  node: NodeOf<OperatorName>,
  moreInputs: readonly string[],
  attributes: Attributes = {},
): void {
  const inputs = node.inputs.map((input) => writer.name(input));
  writer.node(node.operator, [...inputs, ...moreInputs], attributes, names(writer, node));
}

function plain(writer: ModelWriter, node: NodeOf<OperatorName>): void {
  write(writer, node, []);
}

function reduction(
  writer: ModelWriter,
  node: NodeOf<'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceProd' | 'ReduceSum'>,
): void {
  const { axes, keepDimensions } = node.attributes;
  write(writer, node, [writer.int64s(axes)], { keepdims: Number(keepDimensions) });
}

/** ONNX returns indices as int64. */
function argument(writer: ModelWriter, node: NodeOf<'ArgMax' | 'ArgMin'>): void {
  const wide = writer.node(node.operator, [writer.name(node.inputs[0]!)], {
    axis: node.attributes.axis,
    keepdims: 0,
  });
  writer.node('Cast', [wide], { to: dataTypes.int32 }, names(writer, node));
}

/** ONNX expects one int64 index tuple per row. */
function scatter(writer: ModelWriter, node: NodeOf<'ScatterAddRows' | 'ScatterRows'>, attributes: Attributes): void {
  const [data, indices, updates] = node.inputs.map((input) => writer.name(input)) as [string, string, string];
  const tuples = writer.node('Unsqueeze', [indices, writer.int64s([1])]);
  const wide = writer.node('Cast', [tuples], { to: dataTypes.int64 });
  writer.node('ScatterND', [data, wide, updates], attributes, names(writer, node));
}

function names(writer: ModelWriter, node: NodeOf<OperatorName>): string[] {
  return node.outputs.map((output) => writer.name(output));
}
