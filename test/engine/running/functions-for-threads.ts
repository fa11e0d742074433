import { matMul, mul, type Tensor } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../../../src/common/errors.ts';
import type { FunctionDefinition, FunctionSource } from '../../../src/engine/engine.ts';

const functions: Readonly<Record<string, FunctionDefinition>> = {
  doubling: {
    fn: (_, { x }) => ({ doubled: mul(x as Tensor, 2) }),
    parameters: {},
    inputs: { x: { dtype: 'float32', shape: ['n'] } },
  },
  /** Takes a few hundred milliseconds to run. */
  slow: {
    fn: (_, { x }) => {
      let power = x as Tensor;
      for (let step = 0; step < 40; step++) power = mul(matMul(power, x as Tensor), 1e-3);
      return { power };
    },
    parameters: {},
    inputs: { x: { dtype: 'float32', shape: [600, 600] } },
  },
  /** Takes a few hundred milliseconds to compile. */
  long: {
    fn: (_, { x }) => {
      let sum = x as Tensor;
      for (let step = 0; step < 2000; step++) sum = mul(sum, 1 + step / 1e6);
      return { sum };
    },
    parameters: {},
    inputs: { x: { dtype: 'float32', shape: [1] } },
  },
};

export function define(name: string): FunctionDefinition {
  const definition = functions[name];
  if (definition) return definition;
  if (name === 'refused') throw new WarmstartError('INVALID_DATA', 'weights: expected numbers', { field: ['weights'] });
  if (name === 'nothing') throw undefined;
  throw new RangeError(`no function ${name}`);
}

/** Returns the function with its source, so that it is compiled and run in a separate thread. */
export function inThread(name: string): FunctionDefinition {
  return { ...define(name), threadSource: sourceNamed(name) };
}

/** Returns the source of a function, which need not exist. */
export function sourceNamed(name: string): FunctionSource {
  return { module: new URL('./functions-for-threads', import.meta.url), argument: async () => name };
}
