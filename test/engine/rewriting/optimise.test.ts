import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../src/engine/engine.ts';
import { printGraph } from '../../../src/engine/ir/print-graph.ts';
import { optimise } from '../../../src/engine/rewriting/optimise.ts';
import { traceFunction } from '../../../src/engine/tracing/trace-function.ts';

const float = (...shape: (number | string)[]) => ({ dtype: 'float32', shape }) as const;
const inputs = { x: float('n', 4, 3), w: float(3, 2), b: float(2) };

/** The nodes left of a function, one line each, without their types. */
function optimised(fn: (given: Record<'x' | 'w' | 'b', tf.Tensor>) => tf.Tensor): string[] {
  const graph = optimise(
    traceFunction({ fn: (_, given) => ({ y: fn(given as never) }) as Tensors, parameters: {}, inputs }),
  );
  return printGraph(graph)
    .split('\n')
    .filter((line) => line.includes(' = ') && !line.startsWith('outputs'));
}

describe('optimise', () => {
  test('makes a dense layer over a stack of rows one Gemm with its bias and activation beside it', () => {
    expect(
      optimised(({ x, w, b }) =>
        tf.relu(tf.add(tf.reshape(tf.matMul(tf.reshape(x, [-1, 3]), w), [-1, 4, 2]), b)),
      ),
    ).toEqual([
      'a: float32[4*n, 3] = Reshape(x) {shape: ["4*n",3]}',
      'c: float32[4*n, 2] = Gemm(a, w, b) {transposeA: false, transposeB: false}',
      'd: float32[4*n, 2] = Relu(c)',
      'e: float32[n, 4, 2] = Reshape(d) {shape: ["n",4,2]}',
    ]);
  });

  test('drops what changes nothing', () => {
    expect(optimised(({ x }) => tf.div(tf.add(tf.mul(tf.transpose(tf.transpose(x)), 1), 0), 1))).toEqual([]);
  });

  test('computes once what is written twice', () => {
    expect(optimised(({ x }) => tf.mul(tf.exp(x), tf.exp(x)))).toHaveLength(2);
  });

  test('takes transposes of matrices into the product', () => {
    expect(optimised(({ w }) => tf.matMul(tf.transpose(w), w))).toEqual([
      'a: float32[2, 2] = Gemm(w, w) {transposeA: true, transposeB: false}',
    ]);
  });

  test('does not repeat in memory what an operator broadcasts by itself', () => {
    const lines = optimised(({ x, b }) => tf.mul(tf.tile(tf.reshape(tf.sum(b), [1, 1]), [4, 3]), x));
    expect(lines.map((line) => line.split('= ')[1]!.split('(')[0])).toEqual(['ReduceSum', 'Reshape', 'Mul']);
  });

  test('asks a rectifier’s output, not its input, where its gradient passes', () => {
    const lines = optimised(({ w }) => tf.grad((at: tf.Tensor) => tf.sum(tf.square(tf.relu(at))))(w));
    const relu = lines.find((line) => line.includes('Relu'))!.split(':')[0];
    expect(lines.find((line) => line.includes('Greater'))).toContain(`Greater(${relu},`);
  });
});
