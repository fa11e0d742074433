import type { HostTensor } from '../../src/engine/engine.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/registry/safetensors.ts';

/** A way to damage the stored parameters of a model version. */
export interface Damage {
  readonly kind: string;
  /** Returns damaged parameters, in the safetensors format unless the damage breaks it. */
  damage(parameters: Uint8Array): Uint8Array;
  /** Whether the damage is as old as the version: then a checksum does not tell it. */
  readonly stored: boolean;
}

/** All ways. A flipped bit can leave all scores finite, and zeros give all items the same score. */
export const damages: readonly Damage[] = [
  { kind: 'truncated', damage: (parameters) => parameters.slice(0, parameters.length / 2), stored: false },
  { kind: 'empty', damage: () => new Uint8Array(), stored: false },
  { kind: 'broken header', damage: withBrokenHeader, stored: false },
  { kind: 'flipped bit', damage: withFlippedBit, stored: false },
  { kind: 'NaN', damage: (parameters) => withWeights(parameters, Number.NaN), stored: true },
  { kind: 'zeros', damage: (parameters) => withWeights(parameters, 0), stored: true },
];

const lengthBytes = 8;

/** Replaces the first character of the JSON header, which is a brace. */
function withBrokenHeader(parameters: Uint8Array): Uint8Array {
  const damaged = parameters.slice();
  damaged[lengthBytes] = 0x78;
  return damaged;
}

/** Flips the lowest bit of the exponent of the number in the middle of the data, which doubles or halves it. */
function withFlippedBit(parameters: Uint8Array): Uint8Array {
  const damaged = parameters.slice();
  const start = startOfData(parameters);
  const middle = start + Math.floor((parameters.length - start) / 8) * 4;
  // A number has four bytes, the lowest first. The lowest bit of the exponent is the highest of the third byte.
  damaged[middle + 2] = (damaged[middle + 2] as number) ^ 0x80;
  return damaged;
}

/** Sets all weights to a value. Other numbers, such as the places of items, stay as they are. */
function withWeights(parameters: Uint8Array, value: number): Uint8Array {
  const tensors = Object.entries(decodeSafetensors(parameters)).map(([name, tensor]): [string, HostTensor] => [
    name,
    tensor.dtype === 'float32' ? { ...tensor, data: new Float32Array(tensor.data.length).fill(value) } : tensor,
  ]);
  return encodeSafetensors(Object.fromEntries(tensors));
}

function startOfData(parameters: Uint8Array): number {
  const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  return lengthBytes + Number(view.getBigUint64(0, true));
}
