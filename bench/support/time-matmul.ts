import { matMul } from '@tensorflow/tfjs-core';
import type { Engine, FunctionDefinition } from '../../src/engine/engine.ts';
import { madeUpNumbers } from './made-up-numbers.ts';
import { timeFunction } from './time-definition.ts';

const size = 1024;

/** The engine's speed on one large product, in GFLOP/s: the most that scoring could reach. */
export async function matMulSpeed(engine: Engine): Promise<number> {
  const inputs = { a: madeUpNumbers([size, size]), b: madeUpNumbers([size, size]) };
  const fn: FunctionDefinition['fn'] = (_parameters, { a, b }) => ({ product: matMul(a!, b!) });
  const time = await timeFunction(engine, { fn, parameters: {}, inputs }, inputs, 20);
  return (2 * size ** 3) / (time * 1e6);
}
