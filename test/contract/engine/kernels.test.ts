import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { HostTensors, Tensors } from '../../../src/engine/engine.ts';
import { gradientRules } from '../../../src/engine/gradients/register-gradients.ts';
import { availableEngines, missingEngines } from '../../support/available-engines.ts';
import { expectClose } from '../../support/compare-tensors.ts';
import { onEagerCpu } from '../../support/on-eager-cpu.ts';
import type { KernelCase } from './kernel-case.ts';
import { kernelCases } from './kernel-cases.ts';

const runs = { numRuns: 8, seed: 20211108 };
const cases = Object.entries(kernelCases);

describe.each(availableEngines)('engine $name', ({ engine }) => {
  test.each(cases)('computes %s as eager cpu does', async (_kernel, { inputs, call, tolerance = 1e-5 }) => {
    await fc.assert(
      fc.asyncProperty(inputs, async (drawn) => {
        const fn = (tensors: Tensors) => ({ y: numeric(call(tensors)) });
        expectClose(await onEngine(fn, drawn), onEagerCpu(fn, drawn), tolerance);
      }),
      runs,
    );
  });

  test.each(cases.filter(([, { differentiable }]) => differentiable.length > 0))(
    'differentiates %s as eager cpu does',
    async (_kernel, kernelCase) => {
      await fc.assert(
        fc.asyncProperty(kernelCase.inputs, async (drawn) => {
          const fn = gradientsOf(kernelCase, drawn);
          if (fn !== null)
            expectClose(await onEngine(fn, drawn), onEagerCpu(fn, drawn), (kernelCase.tolerance ?? 1e-5) * 10);
        }),
        runs,
      );
    },
  );

  async function onEngine(fn: (inputs: Tensors) => Tensors, inputs: HostTensors): Promise<HostTensors> {
    const compiled = await engine.compile({
      fn: (_parameters, tensors) => fn(tensors),
      parameters: {},
      inputs,
    });
    try {
      return await compiled.run(inputs);
    } finally {
      compiled.dispose();
    }
  }
});

if (missingEngines.length > 0) {
  test.skip.each(missingEngines)('engine $name is not available: $reason', () => {});
}

describe('gradient rules', () => {
  test('have a case for every kernel with a gradient', () => {
    const tested = cases.filter(([, { differentiable }]) => differentiable.length > 0).map(([kernel]) => kernel);
    const withDerivative = Object.entries(gradientRules).map(([kernel]) => kernel);
    const flat = /^(ArgM|Ceil|Equal|Floor|Greater|IsNan|Less|Logical|NotEqual|OneHot|Round|Sign|Step)|Like$|^Cast$/;
    expect(withDerivative.filter((kernel) => !flat.test(kernel) && !tested.includes(kernel))).toEqual([]);
  });

  test.each(cases.filter(([, { differentiable }]) => differentiable.length > 0))(
    'of %s agree with finite differences',
    (_kernel, kernelCase) => {
      fc.assert(
        fc.property(kernelCase.inputs, (drawn) => {
          const gradients = gradientsOf(kernelCase, drawn);
          if (gradients === null) return;
          const exact = onEagerCpu(gradients, drawn);
          for (const name of Object.keys(exact)) {
            const slope = finiteDifference(kernelCase, drawn, name);
            const direction = Array.from(exact[name]!.data).reduce(
              (sum, element, index) => sum + element * probe(index),
              0,
            );
            expect(Math.abs(slope - direction)).toBeLessThan(2e-2 * Math.max(1, Math.abs(direction)));
          }
        }),
        runs,
      );
    },
  );
});

/** Returns a scalar to which every element of the result contributes with another weight. */
function weighted(result: tf.Tensor): tf.Scalar {
  const weights = Float32Array.from({ length: result.size }, (_, index) => Math.sin(index + 1));
  return tf.sum(tf.mul(result, tf.tensor(weights, result.shape)));
}

/** Returns the gradients with respect to the differentiable float inputs, or null if there are none. */
function gradientsOf({ call, differentiable }: KernelCase, drawn: HostTensors): ((inputs: Tensors) => Tensors) | null {
  const names = differentiable.filter((name) => drawn[name]!.dtype === 'float32');
  if (names.length === 0) return null;
  return (inputs) => {
    const gradients = tf.grads((...values) =>
      weighted(call({ ...inputs, ...Object.fromEntries(names.map((name, index) => [name, values[index]!])) })),
    )(names.map((name) => inputs[name]!));
    return Object.fromEntries(names.map((name, index) => [name, gradients[index]!]));
  };
}

/** Returns the slope of the weighted result along the probe direction of one input, by central differences. */
function finiteDifference({ call }: KernelCase, drawn: HostTensors, name: string): number {
  const step = 1 / 256;
  const at = (sign: number) => {
    const moved = drawn[name]!.data.map((element: number, index: number) => element + sign * step * probe(index));
    const inputs = { ...drawn, [name]: { ...drawn[name]!, data: Float32Array.from(moved) } };
    return onEagerCpu((tensors) => ({ y: weighted(call(tensors)) }), inputs).y!.data[0]!;
  };
  return (at(1) - at(-1)) / (2 * step);
}

function probe(index: number): number {
  return Math.cos(3 * index);
}

/** Converts booleans to 0 and 1. */
function numeric(tensor: tf.Tensor): tf.Tensor {
  return tensor.dtype === 'bool' ? tf.where(tensor, tf.ones(tensor.shape), tf.zeros(tensor.shape)) : tensor;
}
