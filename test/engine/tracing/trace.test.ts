import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Signature, TensorFunction } from '../../../src/engine/engine.ts';
import { traceFunction } from '../../../src/engine/tracing/trace-function.ts';
import { matrix } from '../matrix.ts';

const square: Signature = { x: { dtype: 'float32', shape: ['n', 3] } };
const define = (fn: TensorFunction, inputs = square): FunctionDefinition => ({ fn, parameters: {}, inputs });

describe('tracing', () => {
  test('names a kernel that is not lowered, and who called it', () => {
    const triangular: TensorFunction = (_, { x }) => ({ y: tf.linalg.bandPart(tf.cosh(x!), 0, 1) });
    expect(() => traceFunction(define(triangular))).toThrow(
      /kernel Cosh is not lowered; it was called by .*trace\.test/,
    );
  });

  test('forbids to read values, which a graph does not have', () => {
    const reading: TensorFunction = (_, { x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) });
    expect(() => traceFunction(define(reading))).toThrow('may not read the values of its tensors');
  });

  test('forbids tensors of an earlier call', () => {
    let kept: tf.Tensor | undefined;
    const remembering: TensorFunction = (_, { x }) => {
      kept ??= tf.keep(tf.square(x!));
      return { y: tf.add(x!, kept) };
    };
    expect(() => traceFunction(define(remembering))).toThrow('a tensor of an earlier trace was used');
  });

  test('says which symbol a dimension follows, and what it is made of', () => {
    const graph = traceFunction(
      define((_, { x }) => ({ y: tf.concat([tf.reshape(x!, [-1, 1]), tf.ones([2, 1])]) })),
    );
    expect(graph.outputs[0]!.value.shape).toEqual(['3*n+2', 1]);
  });

  test('turns a size that is used as a number into a reading of that size', () => {
    const graph = traceFunction(define((_, { x }) => ({ y: tf.div(tf.sum(x!), x!.size) })));
    expect(graph.nodes.map(({ operator }) => operator)).toContain('DimensionSize');
  });

  test('leaves tfjs on the backend it was on', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    traceFunction({ ...define((_, { x }) => ({ y: tf.abs(x!) })), parameters: { unused: matrix([[1]]) } });
    expect(tf.getBackend()).toBe('cpu');
  });
});
