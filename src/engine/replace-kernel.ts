import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';

/** Puts a better kernel in the place of a backend's own, which it is given. */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  improve: (earlier: KernelFunc) => KernelFunc,
): void {
  const earlier = getKernel(kernelName, backendName);
  // tfjs only warns of a kernel registered twice, so the earlier one is taken away first.
  unregisterKernel(kernelName, backendName);
  registerKernel({ ...earlier, kernelFunc: improve(earlier.kernelFunc) });
}
