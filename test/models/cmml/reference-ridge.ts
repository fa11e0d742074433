import { solveDense } from '../../support/solve-dense.ts';
import { dense, type Weights } from './reference-weights.ts';

/** An item's embedding and the standardized label of its pair. */
export interface RidgePair {
  readonly item: readonly number[];
  readonly label: number;
}

/**
 * Returns what the ridge head adds to the standardized score of an item: φ(item)·u₀ + φ(item)·(Σ φφᵀ + λI)⁻¹ Σ
 * φ·residual, where a residual is a label minus the prediction of u₀. Solved by elimination (Bertinetto et al. 2019,
 * arXiv 1805.08136, eq. 4). Without a ridge head it is 0.
 */
export function referenceRidge(weights: Weights, support: readonly RidgePair[], item: readonly number[]): number {
  if (!weights['ridge.scales']) return 0;
  const [constant, lambda] = weights['ridge.scales'].map(Math.exp) as [number, number];
  const featuresOf = (embedding: readonly number[]) => {
    const key = dense(weights, 'ridge.key', embedding);
    return [constant, ...key.map((value) => value / Math.sqrt(key.length))];
  };
  const features = support.map((pair) => featuresOf(pair.item));
  const prior = weights['ridge.prior'] as readonly number[];
  const scoreOf = (of: readonly number[], by: readonly number[]) =>
    of.reduce((total, value, unit) => total + value * (by[unit] as number), 0);
  const units = [...featuresOf(item).keys()];
  const sum = (of: (pair: number) => number) => features.reduce((total, _, pair) => total + of(pair), 0);
  const at = (pair: number, unit: number) => features[pair]?.[unit] as number;
  const matrix = units.map((row) =>
    units.map((column) => sum((pair) => at(pair, row) * at(pair, column)) + (row === column ? lambda : 0)),
  );
  const residuals = support.map(({ label }, pair) => label - scoreOf(features[pair] as number[], prior));
  const moments = units.map((unit) => sum((pair) => at(pair, unit) * (residuals[pair] as number)));
  return scoreOf(featuresOf(item), prior) + scoreOf(featuresOf(item), solveDense(matrix, moments));
}
