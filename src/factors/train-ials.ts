import { factorize } from './factorize.ts';
import type { Factors } from './factors.ts';
import { gramMatrix } from './factors.ts';
import type { Interactions } from './interactions.ts';

/**
 * The objective of iALS (Rendle et al. 2021, arXiv 2110.14037, eqs. 1 to 3): `Σ (1 − x·y)²` over all interactions, plus
 * `α₀ Σ (x·y)²` over all pairs, plus `λ Σ (n + α₀m)^ν |x|²`. There n is the number of a user's interactions and m the
 * number of items, and the same for each item.
 */
export interface IalsOptions {
  readonly factors: number;
  /** The weight α₀ of pairs without an interaction. Above 0. */
  readonly unobservedWeight: number;
  /** λ, above 0. */
  readonly regularisation: number;
  /** ν, from 0 to 1. */
  readonly regularisationExponent: number;
  readonly iterations: number;
  /** Determines the initial factors. An int32. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

export interface IalsItems {
  /** `[items, factors]`. Items without interactions have factors of zero. */
  readonly factors: Float32Array;
  /** α₀YᵀY, `[factors, factors]`: the equations that all users share. */
  readonly gram: Float32Array;
  /** α₀m, the weight of all pairs of a user without interactions. */
  readonly unobserved: number;
}

/**
 * Learns the item factors Y of iALS. They, with the two constants, are all that is needed to fold in a new user, see
 * `foldIn`. The values of the interactions must be absent, and each pair must occur once.
 *
 * `factorize` minimizes the same objective in other units: confidence 1 + 1/α₀ against 1, so its scores are larger by
 * the factor 1 + α₀. Runs in a thread and empties the arrays of the interactions, see `factorize`.
 */
export async function trainIals(interactions: Interactions, options: IalsOptions): Promise<IalsItems> {
  const { unobservedWeight, regularisationExponent, factors, iterations, seed, signal, onProgress } = options;
  const { items } = await factorize({
    interactions,
    options: {
      ...{ factors, iterations, seed, cgSteps, regularisationExponent },
      alpha: 1 / unobservedWeight,
      regularisation:
        options.regularisation * (1 + unobservedWeight) * unobservedWeight ** (regularisationExponent - 1),
    },
    ...(signal && { signal }),
    onProgress: ({ fraction }) => onProgress?.(fraction),
  });
  const scale = 1 / Math.sqrt(1 + unobservedWeight);
  for (let at = 0; at < items.data.length; at++) items.data[at]! *= scale;
  return {
    factors: items.data,
    gram: weightedGram(items, unobservedWeight),
    unobserved: unobservedWeight * items.rows,
  };
}

/** So many that each iteration solves its equations almost exactly; the paper solves them exactly. */
const cgSteps = 8;

function weightedGram(items: Factors, weight: number): Float32Array {
  return Float32Array.from(gramMatrix(items), (value) => value * weight);
}
