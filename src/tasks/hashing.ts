import { setImmediate } from 'node:timers/promises';

/** A hash of two int32 from 0 to 2³² − 1; `seed`, an int32, determines which. */
export function hashPair(first: number, second: number, seed: number): number {
  return mix(mix(seed ^ Math.imul(first, 0x9e3779b1)) ^ Math.imul(second, 0x85ebca6b)) >>> 0;
}

/** The finaliser of MurmurHash3 (Appleby 2011): every bit of the input changes half of those of the output. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Texts hashed between two turns of the event loop: some milliseconds. */
const textsPerLot = 10_000;

/** A hash of a text, by its UTF-16 units in order, from 0 to 2³² − 1; `seed`, an int32, determines which. */
export function hashText(text: string, seed: number): number {
  let hash = text.length;
  for (let index = 0; index < text.length; index++) hash = hashPair(hash, text.charCodeAt(index), seed);
  return hashPair(hash, text.length, seed);
}

/** The hashes of many texts, in order. The event loop turns meanwhile. */
export async function hashTexts(texts: readonly string[], seed: number): Promise<Float64Array> {
  const hashes = new Float64Array(texts.length);
  for (const [index, text] of texts.entries()) {
    hashes[index] = hashText(text, seed);
    if (index % textsPerLot === textsPerLot - 1) await setImmediate();
  }
  return hashes;
}
