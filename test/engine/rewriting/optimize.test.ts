import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../../../src/engine/ir/graph.ts';
import { printGraph } from '../../../src/engine/ir/print-graph.ts';
import { optimize } from '../../../src/engine/rewriting/optimize.ts';
import { traceFunction } from '../../../src/engine/tracing/trace-function.ts';
import { countingTurns } from '../../support/counting-turns.ts';

function traced(fn: (x: tf.Tensor) => tf.Tensor): Promise<Graph> {
  return traceFunction({
    fn: (_, { x }) => ({ y: fn(x!) }),
    parameters: {},
    inputs: { x: { dtype: 'float32', shape: ['n', 2] } },
  });
}

describe('optimize', () => {
  test('makes the gradient of a Relu depend on its output alone', async () => {
    const graph = await traced(tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.relu(x)))));
    const nodes = printGraph(await optimize(graph)).split('\n');
    expect(nodes.filter((line) => line.includes('(x'))).toEqual(['a: float32[n, 2] = Relu(x)']);
  });

  test('lets the event loop turn after every rewrite', async () => {
    const graph = await traced((x) => tf.exp(x));
    const turns = await countingTurns(async (now) => {
      await optimize(graph);
      return now();
    });
    expect(turns).toBeGreaterThanOrEqual(12);
  });
});
