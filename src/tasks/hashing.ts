import { setImmediate } from 'node:timers/promises';

/** Returns a hash of two int32, from 0 to 2³² − 1. Each `seed`, an int32, gives another hash function. */
export function hashPair(first: number, second: number, seed: number): number {
  return mix(mix(seed ^ Math.imul(first, 0x9e3779b1)) ^ Math.imul(second, 0x85ebca6b)) >>> 0;
}

/** The finalizer of MurmurHash3 (Appleby 2011): every bit of the input changes half of the bits of the output. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * Returns a hash of the UTF-16 units of a text, from 0 to 2³² − 1. Each `seed`, an int32, gives another hash function.
 */
export function hashText(text: string, seed: number): number {
  let hash = text.length;
  for (let index = 0; index < text.length; index++) hash = hashPair(hash, text.charCodeAt(index), seed);
  return hashPair(hash, text.length, seed);
}

/** Texts between two yields to the event loop: a few milliseconds of work. */
const textsPerBatch = 10_000;

/** Returns the hashes of many texts, in order, without blocking the event loop. */
export async function hashTexts(texts: readonly string[], seed: number): Promise<Float64Array> {
  const hashes = new Float64Array(texts.length);
  for (const [index, text] of texts.entries()) {
    hashes[index] = hashText(text, seed);
    if (index % textsPerBatch === textsPerBatch - 1) await setImmediate();
  }
  return hashes;
}
