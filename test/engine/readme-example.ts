import { add, matMul, relu } from '@tensorflow/tfjs-core';
import type { FunctionDefinition } from '../../src/engine/engine.ts';
import { floatTensor } from '../../src/engine/host-tensor.ts';

export const denseLayer: FunctionDefinition = {
  fn: ({ weight, bias }, { pairs }) => ({ hidden: relu(add(matMul(pairs!, weight!), bias!)) }),
  parameters: {
    weight: floatTensor([3, 2], Float32Array.of(1, 0, -1, 2, 0, 1)),
    bias: floatTensor([2], Float32Array.of(0.5, -1)),
  },
  inputs: { pairs: { dtype: 'float32', shape: ['tasks', 10, 3] } },
};
