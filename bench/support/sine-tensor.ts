import type { HostTensor } from '../../src/engine/engine.ts';
import { floatTensor, sizeOf } from '../../src/engine/host-tensor.ts';

/** Returns a tensor of small numbers that are the same in every run. */
export function sineTensor(shape: readonly number[]): HostTensor {
  const length = sizeOf(shape);
  return floatTensor(
    shape,
    Float32Array.from({ length }, (_, index) => Math.sin(index * 1.3) * 0.05),
  );
}
