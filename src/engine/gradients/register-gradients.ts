import { registerGradient } from '@tensorflow/tfjs-core';
import { elementwiseGradients } from './elementwise-gradients.ts';
import { structuralGradients } from './structural-gradients.ts';

/**
 * Teaches tfjs-core the gradients of the kernels that models use. Its build for Node carries none: they are
 * in the package that bundles all of tfjs, most of which nothing here needs. Calling it again does no harm.
 */
export function registerGradients(): void {
  for (const [kernelName, rule] of Object.entries({ ...elementwiseGradients, ...structuralGradients })) {
    registerGradient({ kernelName, ...rule });
  }
}
