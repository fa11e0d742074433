import { factorize } from './factorize.ts';
import { gramMatrix } from './factors.ts';
import type { FeatureMap, FeatureRows } from './feature-map.ts';
import type { Interactions } from './interactions.ts';

/**
 * The objective of iALS (Rendle et al. 2021, arXiv 2110.14037, eqs. 1 to 3): `Σ (1 − x·y)²` over all interactions, plus
 * `α₀ Σ (x·y)²` over all pairs, plus `λ Σ (n + α₀m)^ν |x|²`. There n is the number of a user's interactions and m the
 * number of items that have interactions, and the same for each item.
 */
export interface IalsOptions {
  readonly factors: number;
  /** The weight α₀ of pairs without an interaction. Above 0. */
  readonly unobservedWeight: number;
  /** λ, above 0. */
  readonly regularization: number;
  /** ν, from 0 to 1. */
  readonly regularizationExponent: number;
  readonly iterations: number;
  /** Weight of the L2 penalty on the map from features to factors, see `fitFeatureMap`. */
  readonly ridge?: number | undefined;
  /** Determines the initial factors. An int32. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, from 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

export interface IalsItems {
  /** `[items, factors]`. Items without interactions have factors of zero. */
  readonly factors: Float32Array;
  /** Estimates the factors of items without interactions from their features. Only if features were given. */
  readonly map: FeatureMap | undefined;
  /** α₀YᵀY, `[factors, factors]`: the equations that all users share. */
  readonly gram: Float32Array;
  /** α₀m, the weight of all pairs of a user without interactions. */
  readonly unobserved: number;
}

/**
 * Learns the item factors Y of iALS. They, with the two constants, are all that is needed to fold in a new user, see
 * `foldIn`. The values of the interactions must be absent, and each pair must occur once. `features` are those of the
 * items.
 *
 * `factorize` minimizes the same objective in other units: confidence 1 + 1/α₀ against 1, so its scores are larger by
 * the factor 1 + α₀. Runs in a thread.
 */
export async function trainIals(
  interactions: Interactions,
  options: IalsOptions,
  features?: FeatureRows,
): Promise<IalsItems> {
  const { unobservedWeight, regularizationExponent, factors, iterations, ridge, seed, signal, onProgress } = options;
  const [users, known] = [numberRows(interactions.userRows), numberRows(interactions.itemRows)];
  const { items, maps } = await factorize({
    interactions: { users: users.count, items: known.count, userRows: users.numbers, itemRows: known.numbers },
    ...(features && { features: { items: featuresOf(features, [...known.byRow.keys()]) } }),
    options: {
      ...{ factors, iterations, seed, cgSteps, regularizationExponent, ...(ridge !== undefined && { ridge }) },
      alpha: 1 / unobservedWeight,
      regularization:
        options.regularization * (1 + unobservedWeight) * unobservedWeight ** (regularizationExponent - 1),
    },
    ...(signal && { signal }),
    onProgress: ({ fraction }) => onProgress?.(fraction),
  });
  const scale = 1 / Math.sqrt(1 + unobservedWeight);
  const all = new Float32Array(interactions.items * factors);
  for (const [row, number] of known.byRow) {
    for (let at = 0; at < factors; at++) all[row * factors + at] = items.data[number * factors + at]! * scale;
  }
  const scaled = (values: Float32Array) => values.map((value) => value * scale);
  return {
    factors: all,
    map: maps.items && { ...maps.items, data: scaled(maps.items.data), bias: scaled(maps.items.bias) },
    gram: Float32Array.from(gramMatrix(items), (value) => value * scale ** 2 * unobservedWeight),
    unobserved: unobservedWeight * known.count,
  };
}

/** Numbers the rows that occur. Users and items without interactions must not add to the penalties of the others. */
function numberRows(rows: Int32Array): { numbers: Int32Array; byRow: ReadonlyMap<number, number>; count: number } {
  const byRow = new Map<number, number>();
  const numbers = rows.map((row) => {
    const number = byRow.get(row) ?? byRow.size;
    byRow.set(row, number);
    return number;
  });
  return { numbers, byRow, count: byRow.size };
}

/** Returns the features of some rows, in this order. */
function featuresOf({ features, vocabularyRows }: FeatureRows, rows: readonly number[]): FeatureRows {
  const { slots } = features;
  const indices = new Int32Array(rows.length * slots);
  const weights = new Float32Array(rows.length * slots);
  for (const [at, row] of rows.entries()) {
    indices.set(features.indices.subarray(row * slots, (row + 1) * slots), at * slots);
    weights.set(features.weights.subarray(row * slots, (row + 1) * slots), at * slots);
  }
  return { features: { rows: rows.length, slots, indices, weights }, vocabularyRows };
}

/** So many that each iteration solves its equations almost exactly; the paper solves them exactly. */
const cgSteps = 8;
