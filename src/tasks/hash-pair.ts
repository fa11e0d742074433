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
