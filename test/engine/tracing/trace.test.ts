import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature, TensorFunction } from '../../../src/engine/engine.ts';
import { printType } from '../../../src/engine/ir/print-graph.ts';
import { traceFunction } from '../../../src/engine/tracing/trace-function.ts';
import { countingTurns } from '../../support/counting-turns.ts';
import { matrix } from '../matrix.ts';

const square: Signature = { x: { dtype: 'float32', shape: ['n', 3] } };
const define = (fn: TensorFunction, inputs = square): FunctionDefinition => ({ fn, parameters: {}, inputs });

describe('tracing', () => {
  test('names a kernel that is not lowered, and its caller', async () => {
    const triangular: TensorFunction = (_, { x }) => ({ y: tf.linalg.bandPart(tf.cosh(x!), 0, 1) });
    await expect(traceFunction(define(triangular))).rejects.toThrow(
      /kernel Cosh is not lowered; it was called by .*trace\.test/,
    );
  });

  test('refuses a function that reads values, which a graph does not have', async () => {
    const reading: TensorFunction = (_, { x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) });
    await expect(traceFunction(define(reading))).rejects.toThrow('must not read the values of its tensors');
  });

  test('refuses tensors of an earlier call', async () => {
    let kept: tf.Tensor | undefined;
    const remembering: TensorFunction = (_, { x }) => {
      kept ??= tf.keep(tf.square(x!));
      return { y: tf.add(x!, kept) };
    };
    await expect(traceFunction(define(remembering))).rejects.toThrow('a tensor of an earlier trace was used');
  });

  test('expresses a dimension by the symbol that it depends on', async () => {
    const graph = await traceFunction(
      define((_, { x }) => ({ y: tf.concat([tf.reshape(x!, [-1, 1]), tf.ones([2, 1])]) })),
    );
    expect(printType(graph.outputs[0]!.value)).toBe('float32[3*n+2, 1]');
  });

  test('replaces a size that is used as a number with an operator that reads the size', async () => {
    const graph = await traceFunction(define((_, { x }) => ({ y: tf.div(tf.sum(x!), x!.size) })));
    expect(graph.nodes.map(({ operator }) => operator)).toContain('DimensionSize');
  });

  test('restores the backend of tfjs', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    await traceFunction({
      ...define((_, { x }) => ({ y: tf.abs(x!) })),
      parameters: { unused: matrix([[1]]) },
    });
    expect(tf.getBackend()).toBe('cpu');
  });

  test('lets the event loop turn between the traces of a function', async () => {
    const traced = await countingTurns(async (now) => {
      const turns: number[] = [];
      const noting: TensorFunction = (_, { x }) => {
        turns.push(now());
        return { y: tf.abs(x!) };
      };
      await traceFunction(define(noting));
      return turns;
    });
    expect(traced).toHaveLength(3);
    expect(new Set(traced).size).toBe(3);
  });

  test('does not compare parameters element by element, because they can be large', async () => {
    class Compared extends Float32Array {
      override every(): boolean {
        throw new Error('compared');
      }
    }
    const w = { dtype: 'float32', shape: [3], data: Compared.of(1, 2, 3) } as const;
    const graph = await traceFunction({
      ...define((parameters, { x }) => ({ y: tf.mul(parameters.w!, x!) })),
      parameters: { w },
    });
    expect(graph.constants.map(({ name }) => name)).toContain('w');
  });
});
