import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Returns a source of standard normal numbers. The Box–Muller transform makes them in pairs. */
export function normalSource(random: RandomGenerator): () => number {
  let spare: number | undefined;
  return () => {
    const ready = spare;
    spare = undefined;
    if (ready !== undefined) return ready;
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    const angle = 2 * Math.PI * uniformFloat64(random);
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
