import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../src/engine/engine.ts';
import type { Graph } from '../../../src/engine/ir/graph.ts';
import { printGraph } from '../../../src/engine/ir/print-graph.ts';
import { optimize } from '../../../src/engine/rewriting/optimize.ts';
import { traceFunction } from '../../../src/engine/tracing/trace-function.ts';
import { countingTurns } from '../../support/counting-turns.ts';

const float = (...shape: (number | string)[]) => ({ dtype: 'float32', shape }) as const;
const inputs = { x: float('n', 4, 3), w: float(3, 2), b: float(2) };

function traced(fn: (given: Record<'x' | 'w' | 'b', tf.Tensor>) => tf.Tensor): Promise<Graph> {
  return traceFunction({ fn: (_, given) => ({ y: fn(given as never) }) as Tensors, parameters: {}, inputs });
}

/** The nodes left of a function, one line each, without their types. */
async function optimized(fn: (given: Record<'x' | 'w' | 'b', tf.Tensor>) => tf.Tensor): Promise<string[]> {
  return printGraph(await optimize(await traced(fn)))
    .split('\n')
    .filter((line) => line.includes(' = ') && !line.startsWith('outputs'));
}

describe('optimize', () => {
  test('makes a dense layer over a stack of rows one Gemm with its bias and activation beside it', async () => {
    expect(
      await optimized(({ x, w, b }) =>
        tf.relu(tf.add(tf.reshape(tf.matMul(tf.reshape(x, [-1, 3]), w), [-1, 4, 2]), b)),
      ),
    ).toEqual([
      'a: float32[4*n, 3] = Reshape(x) {shape: [4*n, 3]}',
      'c: float32[4*n, 2] = Gemm(a, w, b) {transposeA: false, transposeB: false}',
      'd: float32[4*n, 2] = Relu(c)',
      'e: float32[n, 4, 2] = Reshape(d) {shape: [n, 4, 2]}',
    ]);
  });

  test('drops what changes nothing', async () => {
    expect(
      await optimized(({ x }) => tf.div(tf.add(tf.mul(tf.transpose(tf.transpose(x)), 1), 0), 1)),
    ).toEqual([]);
  });

  test('computes once what is written twice', async () => {
    expect(await optimized(({ x }) => tf.mul(tf.exp(x), tf.exp(x)))).toHaveLength(2);
  });

  test('takes transposes of matrices into the product', async () => {
    expect(await optimized(({ w }) => tf.matMul(tf.transpose(w), w))).toEqual([
      'a: float32[2, 2] = Gemm(w, w) {transposeA: true, transposeB: false}',
    ]);
  });

  test('does not repeat in memory what an operator broadcasts by itself', async () => {
    const lines = await optimized(({ x, b }) => tf.mul(tf.tile(tf.reshape(tf.sum(b), [1, 1]), [4, 3]), x));
    expect(lines.map((line) => line.split('= ')[1]!.split('(')[0])).toEqual(['ReduceSum', 'Reshape', 'Mul']);
  });

  test('asks a rectifier’s output, not its input, where its gradient passes', async () => {
    const lines = await optimized(({ w }) => tf.grad((at: tf.Tensor) => tf.sum(tf.square(tf.relu(at))))(w));
    const relu = lines.find((line) => line.includes('Relu'))!.split(':')[0];
    expect(lines.find((line) => line.includes('Greater'))).toContain(`Greater(${relu},`);
  });

  test('lets the event loop turn after every rewrite', async () => {
    const graph = await traced(({ x }) => tf.exp(x));
    const turns = await countingTurns(async (now) => {
      await optimize(graph);
      return now();
    });
    expect(turns).toBeGreaterThanOrEqual(12);
  });
});
