import { setImmediate } from 'node:timers/promises';
import { hashPair } from './hash-pair.ts';

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
