import type { HostTensor, HostTensors } from '../../src/engine/engine.ts';
import { floatTensor } from '../../src/engine/host-tensor.ts';

/** Returns a matrix with the given rows. */
export function matrix(rows: readonly (readonly number[])[]): HostTensor {
  return floatTensor([rows.length, rows[0]?.length ?? 0], Float32Array.from(rows.flat()));
}

export function numbersOf(tensors: HostTensors, name: string): number[] {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`No tensor "${name}" among ${Object.keys(tensors)}.`);
  return [...tensor.data];
}
