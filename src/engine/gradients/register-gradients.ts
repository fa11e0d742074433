import {
  type GradConfig,
  getGradient,
  registerGradient,
  type Scalar,
  type Tensor,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import type { LossFunction, Tensors } from '../engine.ts';
import { elementwiseGradients } from './elementwise-gradients.ts';
import type { GradientRule } from './gradient-rule.ts';
import { indexingGradients } from './indexing-gradients.ts';
import { reductionGradients } from './reduction-gradients.ts';
import { shapingGradients } from './shaping-gradients.ts';

/** Every kernel that has a gradient. */
export const gradientRules = {
  ...elementwiseGradients,
  ...indexingGradients,
  ...reductionGradients,
  ...shapingGradients,
} as const satisfies Record<string, GradientRule>;

/**
 * Registers gradients with tfjs for every backend. tfjs-core 4.22 has no gradients in Node: the module that registers
 * them is for bundlers, and Node cannot load it. The gradients are tfjs ops, so they can be differentiated and traced.
 * Skips kernels that already have a gradient, so later calls do nothing.
 */
export function registerGradients(): void {
  for (const [kernelName, rule] of Object.entries<GradientRule>(gradientRules)) {
    if (getGradient(kernelName) === undefined) registerGradient(configOf(kernelName, rule));
  }
}

/** Returns the value of a loss, and its gradients by parameter name. Gradients must be registered. */
export function differentiate(
  loss: LossFunction,
  parameters: Tensors,
  batch: Tensors,
): { value: Scalar; gradients: Tensors } {
  const names = Object.keys(parameters);
  const named = (values: readonly Tensor[]): Tensors =>
    Object.fromEntries(names.map((name, index) => [name, values[index]!]));
  const { value, grads } = valueAndGrads((...values) => loss(named(values), batch))(Object.values(parameters));
  return { value, gradients: named(grads) };
}

function configOf(kernelName: string, { reads, readsOutput, gradient }: GradientRule): GradConfig {
  return {
    kernelName,
    ...(reads === 'all' ? { saveAllInputs: true } : { inputsToSave: [...reads] }),
    outputsToSave: readsOutput ? [true] : [],
    gradFunc(dy, saved, attributes) {
      const inputs = reads === 'all' ? saved.map((_, index) => `${index}`) : reads;
      const named = Object.fromEntries(inputs.map((name, index) => [name, saved[index] as Tensor]));
      if (readsOutput) named.y = saved.at(-1) as Tensor;
      return gradient(dy as Tensor & Tensor[], named, attributes as never);
    },
  };
}
