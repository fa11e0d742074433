import { normal, type Random } from './random.ts';

/** How many dimensions tastes have. */
export const dimensions = 6;

/** A point in the space of tastes, `[dimensions]`; what people like in an item, or what an item offers. */
export type Latent = Float64Array;

/** Each coordinate is standard normal. */
export function randomLatent(random: Random): Latent {
  return Float64Array.from({ length: dimensions }, () => normal(random));
}

/** One random latent for each name. */
export function randomLatents(random: Random, names: readonly string[]): ReadonlyMap<string, Latent> {
  return new Map(names.map((name) => [name, randomLatent(random)]));
}

/**
 * The sum of latents times weights, divided by the norm of the weights: it varies as much as each of the latents
 * where these are independent of one another.
 */
export function blend(parts: readonly (readonly [weight: number, latent: Latent])[]): Latent {
  const norm = Math.hypot(...parts.map(([weight]) => weight));
  return Float64Array.from({ length: dimensions }, (_, index) =>
    parts.reduce((sum, [weight, latent]) => sum + (weight / norm) * (latent[index] as number), 0),
  );
}

/** How well two latents agree: `a·b / √dimensions`, near standard normal for unrelated ones. */
export function agreement(a: Latent, b: Latent): number {
  let sum = 0;
  for (let index = 0; index < dimensions; index++) sum += (a[index] as number) * (b[index] as number);
  return sum / Math.sqrt(dimensions);
}
