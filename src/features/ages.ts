const dayInMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Returns by how many days each interaction came before the latest of them. `times` are in milliseconds since 1970. The
 * latest interaction has age 0 whenever a list is made, so that all pages of a list have the same ages.
 */
export function agesOf(times: ArrayLike<number>): Float32Array {
  let latest = -Infinity;
  for (let at = 0; at < times.length; at++) latest = Math.max(latest, times[at] as number);
  return Float32Array.from(times, (time) => (latest - time) / dayInMilliseconds);
}

/** Returns opinions of which those of age `halfLife` count half, those of twice this age a quarter, and so on. In days. */
export function agedOpinions(opinions: Float32Array, ages: ArrayLike<number>, halfLife: number): Float32Array {
  return opinions.map((opinion, pair) => opinion * 2 ** (-(ages[pair] as number) / halfLife));
}
