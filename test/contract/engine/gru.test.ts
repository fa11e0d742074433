import { describe, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../../../src/engine/engine.ts';
import { type GruParameters, gru } from '../../../src/engine/gru.ts';
import { availableEngines } from '../../support/available-engines.ts';
import { expectClose } from '../../support/compare-tensors.ts';
import { onEagerCpu } from '../../support/on-eager-cpu.ts';

const [batch, steps, width, hidden] = [3, 4, 2, 3];
const inputs: HostTensors = {
  x: sineTensor([batch, steps, width], 1),
  initial: sineTensor([batch, hidden], 2),
  inputWeight: sineTensor([width, 3 * hidden], 3),
  inputBias: sineTensor([3 * hidden], 4),
  stateWeight: sineTensor([hidden, 3 * hidden], 5),
  candidateBias: sineTensor([hidden], 6),
};
const mask: HostTensor = {
  dtype: 'float32',
  shape: [batch, steps],
  data: Float32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0),
};

describe.each(availableEngines)('a GRU on engine $name', ({ engine }) => {
  const run = async (fn: (inputs: Tensors) => Tensors, values: HostTensors) => {
    const compiled = await engine.compile({
      fn: (_parameters, given) => fn(given),
      parameters: {},
      inputs: values,
    });
    const results = await compiled.run(values);
    compiled.dispose();
    return results;
  };

  test('follows its equations step by step', async () => {
    const { y } = await run((given) => ({ y: fused(given) }), inputs);
    expectClose({ y: y! }, { y: byHand() }, 1e-5);
  });

  test('keeps the state at steps whose mask is 0', async () => {
    const { y } = await run((given) => ({ y: fused(given) }), { ...inputs, mask });
    const third = { dtype: 'float32', shape: [hidden] } as const;
    const kept = { ...third, data: inputs.initial!.data.slice(2 * hidden) };
    // The tolerance is for the rounding of n + z ∘ (h − n).
    expectClose({ y: { ...third, data: y!.data.slice(2 * hidden) } }, { y: kept }, 1e-6);
    const { shorter } = await run(
      (given) => ({
        shorter: fused({
          ...given,
          x: tf.slice(given.x!, [1, 0, 0], [1, 2, width]),
          initial: tf.slice(given.initial!, [1, 0], [1, hidden]),
        }),
      }),
      inputs,
    );
    expectClose({ y: { ...shorter!, data: y!.data.slice(hidden, 2 * hidden) } }, { y: shorter! }, 1e-6);
  });

  test('has the same gradients as its equations op by op', async () => {
    const results = await run(gradientsBy(fused), { ...inputs, mask });
    expectClose(results, onEagerCpu(gradientsBy(plain), { ...inputs, mask }), 1e-5);
  });

  test('can be differentiated twice', async () => {
    const twice = (call: (given: Tensors) => tf.Tensor) => (given: Tensors) => {
      const slope = (x: tf.Tensor) =>
        tf.sum(tf.square(tf.grad((at: tf.Tensor) => tf.sum(tf.square(call({ ...given, x: at }))))(x)));
      return { second: tf.grad(slope)(given.x!) };
    };
    expectClose(await run(twice(fused), inputs), onEagerCpu(twice(plain), inputs), 1e-4);
  });
});

/** Calls `gru` with the named tensors. */
function fused(given: Tensors): tf.Tensor {
  return gru(given as unknown as GruParameters, given.x!, given.initial!, given.mask);
}

/** The equations of the doc comment op by op, for tfjs to differentiate. A masked step is replaced with the state. */
function plain({ x, initial, inputWeight, inputBias, stateWeight, candidateBias, mask: given }: Tensors): tf.Tensor {
  let h = initial!;
  for (let step = 0; step < steps; step++) {
    const gates = tf.split(
      tf.add(tf.matMul(tf.squeeze(tf.slice(x!, [0, step, 0], [-1, 1, -1]), [1]), inputWeight!), inputBias!),
      3,
      1,
    );
    const fromState = tf.split(tf.matMul(h, stateWeight!), 3, 1);
    const r = tf.sigmoid(tf.add(gates[0]!, fromState[0]!));
    const z = tf.sigmoid(tf.add(gates[1]!, fromState[1]!));
    const n = tf.tanh(tf.add(gates[2]!, tf.mul(r, tf.add(fromState[2]!, candidateBias!))));
    const next = tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, h));
    const open = given === undefined ? tf.scalar(1) : tf.slice(given, [0, step], [-1, 1]);
    h = tf.add(tf.mul(open, next), tf.mul(tf.sub(1, open), h));
  }
  return h;
}

function gradientsBy(call: (given: Tensors) => tf.Tensor) {
  return (given: Tensors): Tensors => {
    const names = Object.keys(inputs);
    const weights = tf.tensor(sineTensor([batch, hidden], 7).data, [batch, hidden]);
    const loss = (...values: tf.Tensor[]) =>
      tf.sum(
        tf.mul(weights, call({ ...given, ...Object.fromEntries(names.map((name, index) => [name, values[index]!])) })),
      );
    const gradients = tf.grads(loss)(names.map((name) => given[name]!));
    return Object.fromEntries(names.map((name, index) => [name, gradients[index]!]));
  };
}

/** The equations in plain numbers, element by element. */
function byHand(): HostTensor {
  const at = (name: string, ...index: number[]) => {
    const { shape, data } = inputs[name]!;
    return data[index.reduce((offset, position, axis) => offset * shape[axis]! + position, 0)]!;
  };
  const sigma = (value: number) => 1 / (1 + Math.exp(-value));
  const sumOver = (size: number, term: (index: number) => number) =>
    Array.from({ length: size }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
  const state = Array.from({ length: batch }, (_, row) =>
    Array.from({ length: hidden }, (_, unit) => at('initial', row, unit)),
  );
  for (let step = 0; step < steps; step++) {
    for (const [row, h] of state.entries()) {
      const before = [...h];
      const input = (column: number) =>
        at('inputBias', column) + sumOver(width, (k) => at('x', row, step, k) * at('inputWeight', k, column));
      const recurrent = (column: number) => sumOver(hidden, (k) => before[k]! * at('stateWeight', k, column));
      for (let unit = 0; unit < hidden; unit++) {
        const r = sigma(input(unit) + recurrent(unit));
        const z = sigma(input(hidden + unit) + recurrent(hidden + unit));
        const n = Math.tanh(input(2 * hidden + unit) + r * (recurrent(2 * hidden + unit) + at('candidateBias', unit)));
        h[unit] = (1 - z) * n + z * before[unit]!;
      }
    }
  }
  return { dtype: 'float32', shape: [batch, hidden], data: Float32Array.from(state.flat()) };
}

function sineTensor(shape: number[], seed: number): HostTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: size }, (_, index) => Math.sin(index * 1.7 + seed * 2.3)),
  };
}
