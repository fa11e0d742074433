import type { TanpConfig } from '../../../src/models/tanp/tanp-config.ts';
import { type EmbeddedCatalog, referenceEmbedding } from '../cmml/reference-embedding.ts';
import { dense, layersOf, relu, sigmoid, type Weights } from '../cmml/reference-weights.ts';

export interface Rated {
  readonly item: number;
  readonly label: number;
}

/** The support or the query pairs of one user. */
export interface UserPairs {
  readonly user: number;
  readonly pairs: readonly Rated[];
}

export interface ReferenceLatent {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** TaNP as in the paper, one task and one pair at a time and in double precision. */
export class ReferenceTanp {
  readonly #config: TanpConfig;
  readonly #catalog: EmbeddedCatalog;

  constructor(config: TanpConfig, catalog: Omit<EmbeddedCatalog, 'config'>) {
    this.#config = config;
    this.#catalog = { ...catalog, config };
  }

  latent(weights: Weights, given: UserPairs): ReferenceLatent {
    const hidden = dense(weights, 'latent.hidden', this.#meanVector(weights, 'encoder', given)).map(relu);
    return {
      mean: dense(weights, 'latent.mean', hidden),
      deviation: dense(weights, 'latent.deviation', hidden).map((raw) => 0.1 + 0.9 * sigmoid(raw)),
    };
  }

  /** How much the task belongs to each cluster: a Student t kernel, normalized. */
  clusters(weights: Weights, support: UserPairs): number[] {
    const { freedom } = this.#config;
    const identity = this.#meanVector(weights, 'identity', support);
    const kernels = this.#pool(weights).map((vector) => {
      const distance = identity.reduce((sum, value, at) => sum + (value - (vector[at] as number)) ** 2, 0);
      return (1 + distance / freedom) ** (-(freedom + 1) / 2);
    });
    const total = kernels.reduce((sum, kernel) => sum + kernel, 0);
    return kernels.map((kernel) => kernel / total);
  }

  /** The task's identity plus the vectors of the pool, weighted by the assignment. */
  context(weights: Weights, support: UserPairs): number[] {
    const assigned = this.clusters(weights, support);
    return this.#meanVector(weights, 'identity', support).map((value, at) =>
      this.#pool(weights).reduce((sum, vector, j) => sum + (assigned[j] as number) * (vector[at] as number), value),
    );
  }

  score(
    weights: Weights,
    support: UserPairs,
    item: number,
    latent: readonly number[] = this.latent(weights, support).mean,
  ): number {
    const task = this.context(weights, support);
    const pair = referenceEmbedding(weights, this.#catalog, { user: support.user, item });
    const hidden = layersOf(weights, 'decoder').reduce(
      (vector, layer) => this.#decoderLayer(weights, layer, vector, task),
      [...pair, ...latent],
    );
    const { mean, deviation } = this.#config.labels;
    return deviation * (dense(weights, 'output', hidden)[0] as number) + mean;
  }

  #decoderLayer(weights: Weights, layer: string, vector: readonly number[], task: readonly number[]): number[] {
    const head = (name: string) => dense(weights, `${layer}.${name}`, task);
    let [scale, shift] = [head('scale').map(Math.tanh), head('shift').map(Math.tanh)];
    if (this.#config.modulation === 'gatingFilm') {
      const common = head('common').map(Math.tanh);
      const gate = head('gate').map(sigmoid);
      const mix = (own: readonly number[]) =>
        own.map((value, at) => value * (gate[at] as number) + (common[at] as number) * (1 - (gate[at] as number)));
      [scale, shift] = [mix(scale), mix(shift)];
    }
    return dense(weights, layer, vector).map((value, at) =>
      relu((scale[at] as number) * value + (shift[at] as number)),
    );
  }

  /** The mean of a network's outputs for the pairs with their standardized labels; zero without pairs. */
  #meanVector(weights: Weights, network: 'encoder' | 'identity', { user, pairs }: UserPairs): number[] {
    const layers = layersOf(weights, network);
    const { mean, deviation } = this.#config.labels;
    const width = (weights[`${layers.at(-1)}.bias`] as number[]).length;
    const outputs = pairs.map(({ item, label }) => {
      const input = [...referenceEmbedding(weights, this.#catalog, { user, item }), (label - mean) / deviation];
      return layers.reduce((vector, layer, at) => {
        const linear = dense(weights, layer, vector);
        return at === layers.length - 1 ? linear : linear.map(relu);
      }, input);
    });
    return Array.from({ length: width }, (_, at) =>
      outputs.reduce((sum, output) => sum + (output[at] as number) / outputs.length, 0),
    );
  }

  #pool(weights: Weights): number[][] {
    const numbers = weights.pool as number[];
    const { clusters } = this.#config;
    const width = numbers.length / clusters;
    return Array.from({ length: clusters }, (_, row) => numbers.slice(row * width, (row + 1) * width));
  }
}

/** Σ KL(N(μ, σ) ‖ N(μ′, σ′)) by its definition as an integral. The trapezoidal rule is exact here up to rounding. */
export function integratedDivergence(posterior: ReferenceLatent, prior: ReferenceLatent): number {
  return posterior.mean.reduce((sum, mean, at) => {
    const own = normalDensity(mean, posterior.deviation[at] as number);
    const other = normalDensity(prior.mean[at] as number, prior.deviation[at] as number);
    const step = (posterior.deviation[at] as number) / 4;
    let integral = 0;
    for (let point = -40; point <= 40; point++) {
      const x = mean + point * step;
      integral += Math.exp(own(x)) * (own(x) - other(x)) * step;
    }
    return sum + integral;
  }, 0);
}

/** Returns the logarithm of a normal density. */
function normalDensity(mean: number, deviation: number): (x: number) => number {
  return (x) => -Math.log(deviation * Math.sqrt(2 * Math.PI)) - (x - mean) ** 2 / (2 * deviation ** 2);
}

/** Returns the targets of the clustering loss from the assignments of all tasks of a batch. */
export function clusterTargets(assignments: readonly (readonly number[])[]): number[][] {
  const sizes = (assignments[0] as number[]).map((_, j) =>
    assignments.reduce((sum, assigned) => sum + (assigned[j] as number), 0),
  );
  return assignments.map((assigned) => {
    const sharpened = assigned.map((share, j) => share ** 2 / (sizes[j] as number));
    const total = sharpened.reduce((sum, value) => sum + value, 0);
    return sharpened.map((value) => value / total);
  });
}
