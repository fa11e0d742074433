import { normal, type Random } from './random.ts';

/** The number of dimensions of tastes. */
export const dimensions = 6;

/** A point in the space of tastes, `[dimensions]`: what a user likes, or what an item offers. */
export type Latent = Float64Array;

/** Draws a latent with standard normal coordinates. */
export function randomLatent(random: Random): Latent {
  return Float64Array.from({ length: dimensions }, () => normal(random));
}

/** Draws one latent for each name. */
export function randomLatents(random: Random, names: readonly string[]): ReadonlyMap<string, Latent> {
  return new Map(names.map((name) => [name, randomLatent(random)]));
}

/**
 * Returns the weighted sum of latents, divided by the norm of the weights. Its variance equals that of the latents if
 * these are independent.
 */
export function blend(parts: readonly (readonly [weight: number, latent: Latent])[]): Latent {
  const norm = Math.hypot(...parts.map(([weight]) => weight));
  return Float64Array.from({ length: dimensions }, (_, index) =>
    parts.reduce((sum, [weight, latent]) => sum + (weight / norm) * (latent[index] as number), 0),
  );
}

/** Returns the agreement of two latents, `a·b / √dimensions`. It is nearly standard normal for independent latents. */
export function agreement(a: Latent, b: Latent): number {
  let sum = 0;
  for (let index = 0; index < dimensions; index++) sum += (a[index] as number) * (b[index] as number);
  return sum / Math.sqrt(dimensions);
}
