import { hashTexts } from './hash-text.ts';

/** Of fewer tasks none is held out: one task would be no measurement, and a training misses it. */
const minTasks = 5;
/** Of few tasks hashes can hold out nearly all; a training keeps at least the others. */
const maxShare = 0.25;
/** Never to be changed: other hashes would hold out tasks that trained the active version. */
const seed = 0x5eed;

/**
 * Which tasks only measure, as indices: those whose client ids hash below `share`, by their hashes, so that the first ones are a
 * random sample. Nothing else has a say, so that they are the same in every training, whatever was added meanwhile, and
 * no version was trained on them.
 *
 * Where no hash is below, the task with the smallest is held out, and where too many are, those with the largest are
 * not: of few tasks alone can one be held out now and train later.
 */
export async function drawHeldOut(ids: readonly string[], share: number): Promise<Int32Array> {
  if (ids.length < minTasks) return new Int32Array();
  const hashes = await hashTexts(ids, seed);
  const byHash = (a: number, b: number) => (hashes[a] as number) - (hashes[b] as number);
  const below = [...hashes.keys()].filter((index) => (hashes[index] as number) < share * 2 ** 32);
  const smallest = below.length > 0 ? below.sort(byHash) : [...hashes.keys()].sort(byHash).slice(0, 1);
  return Int32Array.from(smallest.slice(0, Math.floor(ids.length * maxShare)));
}
