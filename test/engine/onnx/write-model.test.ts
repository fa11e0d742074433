import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { FunctionDefinition } from '../../../src/engine/engine.ts';
import { ModelProto } from '../../../src/engine/onnx/onnx-schema.ts';
import { exportOnnx } from '../../../src/engine/onnx/write-model.ts';
import { matrix } from '../matrix.ts';

const scoring: FunctionDefinition = {
  fn: ({ weight }, { items, user }) => {
    const pairs = tf.concat([items!, tf.tile(user!, [items!.shape[0]!, 1])], 1);
    return { scores: tf.reshape(tf.relu(tf.matMul(pairs as tf.Tensor2D, weight as tf.Tensor2D)), [-1]) };
  },
  parameters: { weight: matrix([[1], [2], [-1]]) },
  inputs: {
    items: { dtype: 'float32', shape: ['candidates', 2] },
    user: { dtype: 'float32', shape: [1, 1] },
  },
};

describe('an exported function', () => {
  test('runs in ONNX Runtime for any number of candidates', async () => {
    const session = await InferenceSession.create(await exportOnnx(scoring));
    const user = new Tensor('float32', Float32Array.of(3), [1, 1]);
    for (const items of [
      [[1, 1]],
      [
        [1, 4],
        [0, 1],
        [2, 2],
      ],
    ]) {
      const feeds = {
        user,
        items: new Tensor('float32', Float32Array.from(items.flat()), [items.length, 2]),
      };
      const { scores } = await session.run(feeds);
      expect([...(scores!.data as Float32Array)]).toEqual(items.map(([a, b]) => Math.max(0, a! + 2 * b! - 3)));
    }
    await session.release();
  });

  test('has the names of its inputs, its outputs and its symbolic dimension', async () => {
    const session = await InferenceSession.create(await exportOnnx(scoring));
    expect(session.inputMetadata).toEqual([
      { name: 'items', isTensor: true, type: 'float32', shape: ['candidates', 2] },
      { name: 'user', isTensor: true, type: 'float32', shape: [1, 1] },
    ]);
    expect(session.outputMetadata).toEqual([
      { name: 'scores', isTensor: true, type: 'float32', shape: ['candidates'] },
    ]);
    await session.release();
  });

  test('contains its metadata, and its parameters by name', async () => {
    const bytes = await exportOnnx(scoring, { 'model-version': '7', 'feature-schema': 'a1b2' });
    const model = ModelProto.toObject(ModelProto.decode(bytes));
    expect(model.metadataProps).toEqual([
      { key: 'model-version', value: '7' },
      { key: 'feature-schema', value: 'a1b2' },
    ]);
    expect(model.graph.initializer.map(({ name }: { name: string }) => name)).toContain('weight');
  });

  test('can have an input, a parameter and an output with the same name', async () => {
    const bytes = await exportOnnx({
      fn: ({ x: weight }, { x }) => ({ x: tf.mul(weight!, x!) }),
      parameters: { x: matrix([[2, 3]]) },
      inputs: { x: { dtype: 'float32', shape: [1, 2] } },
    });
    const session = await InferenceSession.create(bytes);
    const results = await session.run({ x: new Tensor('float32', Float32Array.of(5, 7), [1, 2]) });
    expect([...(Object.values(results)[0]!.data as Float32Array)]).toEqual([10, 21]);
    await session.release();
  });

  test('is refused, with the reason, if its operations depend on a size', async () => {
    const growing: FunctionDefinition = {
      fn: (_parameters, { x }) => ({ y: tf.addN(tf.unstack(x!)) }),
      parameters: {},
      inputs: { x: { dtype: 'float32', shape: ['n', 2] } },
    };
    await expect(exportOnnx(growing)).rejects.toThrow('does different operations at different sizes');
  });
});
