import { sizeOf } from '../host-tensor.ts';
import type { Value } from '../ir/graph.ts';
import type { GraphBuilder } from '../ir/graph-builder.ts';
import { kernel, type Lowering, reshape, shapeOf } from './lowering.ts';

type Activation = 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'elu' | 'leakyrelu';

/** Matrix products. */
export const productLowerings = {
  BatchMatMul: kernel<'a' | 'b', { transposeA: boolean; transposeB: boolean }>(
    ({ a, b }, graph, { transposeA, transposeB }) => product(graph, a, b, transposeA, transposeB),
  ),
  _FusedMatMul: (inputs, attributes, graph) => {
    const { transposeA, transposeB, activation, leakyreluAlpha } = attributes as {
      transposeA: boolean;
      transposeB: boolean;
      activation: Activation;
      leakyreluAlpha: number;
    };
    const bare = product(graph, inputs.a!, inputs.b!, transposeA, transposeB);
    const biased = inputs.bias === undefined ? bare : graph.emit('Add', [bare, inputs.bias]);
    return activations[activation](graph, biased, leakyreluAlpha ?? 0.2);
  },
} as const satisfies Record<string, Lowering>;

const activations: Record<Activation, (graph: GraphBuilder, x: Value, alpha: number) => Value> = {
  linear: (_graph, x) => x,
  relu: (graph, x) => graph.emit('Relu', [x]),
  sigmoid: (graph, x) => graph.emit('Sigmoid', [x]),
  tanh: (graph, x) => graph.emit('Tanh', [x]),
  elu: (graph, x) => graph.emit('Elu', [x], { alpha: 1 }),
  leakyrelu: (graph, x, alpha) => graph.emit('LeakyRelu', [x], { alpha }),
};

/**
 * Emits `[..., m, k] · [..., k, n]`. A product of two matrices, or of a stack and one matrix, becomes one Gemm, which
 * transposes without cost. A product of two stacks becomes a batched MatMul.
 */
function product(graph: GraphBuilder, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const [stackA, stackB] = [a, b].map((value) => shapeOf(value).slice(0, -2)) as [number[], number[]];
  const [countA, countB] = [sizeOf(stackA), sizeOf(stackB)];
  const columns = shapeOf(b).at(transposeB ? -2 : -1)!;
  if (countA === 1 && countB === 1) {
    const flat = graph.emit('Gemm', [matrix(graph, a), matrix(graph, b)], { transposeA, transposeB });
    const stack = stackA.length >= stackB.length ? stackA : stackB;
    return stack.length === 0 ? flat : reshape(graph, flat, [...stack, ...shapeOf(flat)]);
  }
  if (countB === 1 && !transposeA) {
    const [rows, inner] = shapeOf(a).slice(-2) as [number, number];
    const tall = reshape(graph, a, [countA * rows, inner]);
    const flat = graph.emit('Gemm', [tall, matrix(graph, b)], { transposeA: false, transposeB });
    return reshape(graph, flat, [...stackA, rows, columns]);
  }
  const left = transposeA ? transposed(graph, a) : a;
  const right = transposeB ? transposed(graph, b) : b;
  return graph.emit('MatMul', [left, right]);
}

/** Reshapes a stack of one matrix to that matrix. */
function matrix(graph: GraphBuilder, value: Value): Value {
  return value.shape.length === 2 ? value : reshape(graph, value, shapeOf(value).slice(-2));
}

function transposed(graph: GraphBuilder, value: Value): Value {
  const axes = value.shape.map((_, axis) => axis);
  const permutation = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
  return graph.emit('Transpose', [value], { permutation });
}
