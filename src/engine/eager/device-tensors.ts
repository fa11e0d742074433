import { keep, tensor, tidy } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors, Tensors } from '../engine.ts';

/** Does work on one backend, to its end, and frees the tensors it leaves behind. */
export type OnBackend = <T>(work: () => T) => T;

/** Copies tensors to the current backend, where they live until `disposeAll`. */
export function uploadKept(tensors: HostTensors): Tensors {
  // The cpu backend computes on the very array it is given, which its owner may write to later.
  return mapValues(tensors, ({ data, shape, dtype }) => keep(tensor(data.slice(), [...shape], dtype)));
}

/** Uploads tensors for one run only, within a tidy and without awaiting. */
export function uploadForRun(tensors: HostTensors): Tensors {
  return mapValues(tensors, ({ data, shape, dtype }) => tensor(data, [...shape], dtype));
}

/** Copies tensors to the host's memory. Blocks until they are computed. */
export function download(tensors: Tensors): HostTensors {
  return mapValues(tensors, (device): HostTensor => {
    const data = device.dataSync<'float32' | 'int32'>().slice();
    return { dtype: data instanceof Int32Array ? 'int32' : 'float32', shape: [...device.shape], data };
  });
}

export function disposeAll(tensors: Tensors): void {
  for (const device of Object.values(tensors)) device.dispose();
}

/** Frees every tensor that `work` makes and does not keep, also when it throws. */
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
