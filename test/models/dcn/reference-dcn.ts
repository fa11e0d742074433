import type { DcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { type EmbeddedCatalog, referenceEmbedding } from '../cmml/reference-embedding.ts';
import { dense, layersOf, reluLayers, type Weights } from '../cmml/reference-weights.ts';

export interface Pair {
  readonly user: number;
  readonly item: number;
}

/** DCN as in the paper, one pair at a time and in double precision. */
export class ReferenceDcn {
  readonly #config: DcnConfig;
  readonly #catalog: EmbeddedCatalog;

  constructor(config: DcnConfig, catalog: Omit<EmbeddedCatalog, 'config'>) {
    this.#config = config;
    this.#catalog = { ...catalog, config };
  }

  score(weights: Weights, pair: Pair): number {
    const { cross, deep, bias } = this.contributions(weights, pair);
    return cross + deep + bias;
  }

  contributions(weights: Weights, pair: Pair): Record<'cross' | 'deep' | 'bias', number> {
    const embedding = referenceEmbedding(weights, this.#catalog, pair);
    const first = weights['projection.bias'] ? dense(weights, 'projection', embedding) : embedding;
    const cross = crossLayers(weights, first);
    const deep = reluLayers(weights, 'deep', first).at(-1) as number[];
    const output = weights['output.weight'] as number[];
    const { mean, deviation } = this.#config.labels;
    return {
      cross: deviation * dot(cross, output.slice(0, cross.length)),
      deep: deviation * dot(deep, output.slice(cross.length)),
      bias: deviation * (weights['output.bias']?.[0] as number) + mean,
    };
  }
}

/** `x₍ₗ₊₁₎ = x₀·xₗᵀ·wₗ + bₗ + xₗ` with an explicit outer product x₀·xₗᵀ (arXiv 1708.05123, eq. 3). */
function crossLayers(weights: Weights, first: readonly number[]): number[] {
  return layersOf(weights, 'cross').reduce(
    (x, name) => {
      const weight = weights[`${name}.weight`] as number[];
      const bias = weights[`${name}.bias`] as number[];
      const outer = first.map((a) => x.map((b) => a * b));
      return outer.map((row, unit) => dot(row, weight) + (bias[unit] as number) + (x[unit] as number));
    },
    [...first],
  );
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the gradient of a function of weights by central differences. */
export function differences(weights: Weights, names: readonly string[], loss: (weights: Weights) => number): Weights {
  const at = (name: string, index: number, value: number) =>
    loss({ ...weights, [name]: (weights[name] as number[]).with(index, value) });
  return Object.fromEntries(
    names.map((name) => [
      name,
      (weights[name] as number[]).map(
        (value, index) => (at(name, index, value + 1e-5) - at(name, index, value - 1e-5)) / 2e-5,
      ),
    ]),
  );
}
