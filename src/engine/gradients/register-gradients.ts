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

/** Every kernel that can be differentiated. */
export const gradientRules = {
  ...elementwiseGradients,
  ...indexingGradients,
  ...reductionGradients,
  ...shapingGradients,
} as const satisfies Record<string, GradientRule>;

/**
 * Makes tfjs differentiate on every backend. tfjs-core 4.22 for Node comes without gradients, and the module that
 * registers them is written for bundlers: Node cannot load it. Gradients are tfjs ops themselves, so they differentiate
 * again, and trace. Does nothing for kernels that have one already, and nothing the second time.
 */
export function registerGradients(): void {
  for (const [kernelName, rule] of Object.entries<GradientRule>(gradientRules)) {
    if (getGradient(kernelName) === undefined) registerGradient(configOf(kernelName, rule));
  }
}

/** Returns the value of a loss and its gradients by the name of the parameter. Gradients must be registered. */
export function differentiate(
  loss: LossFunction,
  parameters: Tensors,
  batch: Tensors,
): { value: Scalar; gradients: Tensors } {
  const names = Object.keys(parameters);
  const named = (values: readonly Tensor[]): Tensors =>
    Object.fromEntries(names.map((name, index) => [name, values[index]!]));
  const { value, grads } = valueAndGrads((...values) => loss(named(values), batch))(
    Object.values(parameters),
  );
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
