import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { openEngine } from '../../../src/engine/engines.ts';
import { elementwiseGradients } from '../../../src/engine/gradients/elementwise-gradients.ts';
import { structuralGradients } from '../../../src/engine/gradients/structural-gradients.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { gradientsOf } from '../gradients-of.ts';
import { matrix } from '../matrix.ts';

type Operation = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const rows = () => tf.tensor1d([2, 0, 2], 'int32');
const b2 = (b: tf.Tensor) => b as tf.Tensor2D;

/** For each kernel with a rule, operations of `a` [2, 3] and `b` [1, 3] that use it. */
const operations: Readonly<Record<string, readonly Operation[]>> = {
  Add: [(a, b) => tf.add(a, b)],
  Sub: [(a, b) => tf.sub(a, b), (a, b) => tf.sub(b, a)],
  Multiply: [(a, b) => tf.mul(a, b)],
  RealDiv: [(a, b) => tf.div(a, b)],
  SquaredDifference: [(a, b) => tf.squaredDifference(a, b)],
  Pow: [(a, b) => tf.pow(tf.abs(a), b)],
  Maximum: [(a, b) => tf.maximum(a, b)],
  Minimum: [(a, b) => tf.minimum(a, b)],
  Greater: [(a, b) => tf.where(tf.greater(a, b), tf.square(a), a)],
  Neg: [(a) => tf.neg(a)],
  Square: [(a) => tf.square(a)],
  Abs: [(a) => tf.abs(a)],
  Log: [(a) => tf.log(tf.abs(a))],
  Relu: [(a) => tf.relu(a)],
  LeakyRelu: [(a) => tf.leakyRelu(a, 0.1)],
  ClipByValue: [(a) => tf.clipByValue(a, -0.5, 0.8)],
  Cast: [(a) => tf.cast(tf.mul(a, 2), 'float32')],
  Identity: [(a) => tf.mul(a.clone(), 2)],
  Step: [(a) => tf.mul(a, tf.step(a))],
  ZerosLike: [(a) => tf.add(a, tf.zerosLike(a))],
  OnesLike: [(a) => tf.add(a, tf.onesLike(a))],
  Exp: [(a) => tf.exp(a)],
  Sqrt: [(a) => tf.sqrt(tf.abs(a))],
  Tanh: [(a) => tf.tanh(a)],
  Sigmoid: [(a) => tf.sigmoid(a)],
  Select: [(a) => tf.where(tf.greater(a, 0), tf.square(a), tf.neg(a))],

  Reshape: [(a) => tf.square(tf.reshape(a, [3, 2]))],
  ExpandDims: [(a) => tf.square(tf.expandDims(a, 1))],
  Transpose: [(a) => tf.transpose(a), (a) => tf.transpose(tf.reshape(a, [1, 2, 3]), [2, 0, 1])],
  Slice: [(a) => tf.slice(a, [0, 1], [2, -1])],
  PadV2: [
    (a) =>
      tf.pad(a, [
        [1, 0],
        [0, 2],
      ]),
  ],
  Tile: [(a) => tf.tile(a, [2, 3])],
  Concat: [(a, b) => tf.concat([a, b, a], 0), (a) => tf.concat([a, a], -1)],
  SplitV: [(a) => tf.mul(...(tf.split(a, [2, 1], 1) as [tf.Tensor, tf.Tensor]))],
  Pack: [(a) => tf.stack([a, tf.square(a)], 1)],
  Unpack: [(a) => tf.mul(...(tf.unstack(a) as [tf.Tensor, tf.Tensor]))],
  AddN: [(a) => tf.addN([a, tf.square(a), a])],
  BatchMatMul: [
    (a, b) => tf.matMul(a, b2(b), false, true),
    (a) => tf.matMul(a, tf.transpose(a)),
    (a, b) => tf.matMul(tf.transpose(a), tf.transpose(b2(b)), true, false),
    (a, b) => tf.matMul(tf.transpose(a), b2(b), true, true),
    (a) => tf.matMul(tf.reshape(a, [2, 1, 3]), tf.reshape(a, [2, 3, 1])),
  ],
  Sum: [(a) => tf.sum(a, 0), (a) => tf.sum(a, 1, true), (a) => tf.square(tf.sum(a))],
  Mean: [(a) => tf.mean(a, 0), (a) => tf.square(tf.mean(a))],
  Max: [(a) => tf.max(a, 1), (a) => tf.square(tf.max(a))],
  GatherV2: [(a) => tf.square(tf.gather(tf.transpose(a), rows()))],
  UnsortedSegmentSum: [(a) => tf.square(tf.unsortedSegmentSum(tf.transpose(a), rows(), 4))],
};

const parameters = {
  a: matrix([
    [0.3, -0.7, 1.1],
    [-1.3, 0.9, 0.45],
  ]),
  b: matrix([[0.8, 1.4, -0.6]]),
};

/** Weighs the elements unequally, so that a gradient in the wrong place cannot go unseen. */
function weighed(operation: Operation) {
  return ({ a, b }: Record<string, tf.Tensor>): tf.Scalar => {
    const result = operation(a as tf.Tensor, b as tf.Tensor);
    const weights = tf.reshape(tf.range(1, result.size + 1), result.shape);
    // Both inputs always count, since an engine asks that every parameter does.
    return tf.add(tf.sum(tf.mul(result, weights)), tf.add(tf.sum(a as tf.Tensor), tf.sum(b as tf.Tensor)));
  };
}

test('every gradient rule is tried', () => {
  const rules = { ...elementwiseGradients, ...structuralGradients };
  expect(Object.keys(operations).toSorted()).toEqual(Object.keys(rules).toSorted());
});

describe.each(['cpu', 'wasm'] as const)('on %s', (name) => {
  test.each(Object.keys(operations))('the gradient of %s is what finite differences say', async (kernel) => {
    const engine = await openEngine(name);
    for (const operation of operations[kernel] as Operation[]) {
      const loss = weighed(operation);
      const gradients = await gradientsOf(engine, loss, parameters);
      for (const [parameter, { data, shape }] of Object.entries(parameters)) {
        for (const index of data.keys()) {
          const lossAt = async (shift: number) => {
            const shifted = Float32Array.from(data);
            shifted[index] = (shifted[index] as number) + shift;
            const fn = (inputs: Record<string, tf.Tensor>) => ({ loss: loss(inputs) });
            const moved = { ...parameters, [parameter]: floatTensor(shape, shifted) };
            const compiled = await engine.compile({ fn, parameters: moved, inputs: {} });
            const output = await compiled.run({});
            compiled.dispose();
            return output.loss?.data[0] as number;
          };
          const step = 2 ** -7;
          const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - difference)).toBeLessThan(0.01 * (1 + Math.abs(difference)));
        }
      }
    }
  });
});
