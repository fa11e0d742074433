import { keep, tensor, tidy } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../engine.ts';

/** Runs synchronous work on one backend, and frees the tensors that the work does not keep. */
export type OnBackend = <T>(work: () => T) => T;

/** Copies tensors to the current backend. They live until `disposeAll`. */
export function uploadKept(tensors: HostTensors): Tensors {
  // The cpu backend computes on the given array itself, and the caller can write to that array later.
  return mapValues(tensors, ({ data, shape, dtype }) => keep(tensor(data.slice(), [...shape], dtype)));
}

/** Uploads tensors for one run. The caller must be within a tidy, and must not await before the run ends. */
export function uploadForRun(tensors: HostTensors): Tensors {
  return mapValues(tensors, ({ data, shape, dtype }) => tensor(data, [...shape], dtype));
}

/** Copies tensors to the host's memory. Blocks until the tensors are computed. */
export function download(tensors: Tensors): HostTensors {
  return mapValues(tensors, (device): HostTensor => {
    const data = device.dataSync<'float32' | 'int32'>().slice();
    return { dtype: data instanceof Int32Array ? 'int32' : 'float32', shape: [...device.shape], data };
  });
}

export function disposeAll(tensors: Tensors): void {
  for (const device of Object.values(tensors)) device.dispose();
}

/** Runs `work` and frees every tensor that it creates and does not keep, even if it throws. */
export function withinTidy<T>(work: () => T): T {
  let result: { value: T } | undefined;
  tidy(() => {
    result = { value: work() };
  });
  return (result as unknown as { value: T }).value;
}

export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
