import type { MamlConfig } from '../../../src/models/maml/maml-config.ts';
import { type EmbeddedCatalog, referenceEmbedding } from '../cmml/reference-embedding.ts';
import { dense, reluLayers, type Weights } from '../cmml/reference-weights.ts';
import { differences, mean, type Pair } from '../dcn/reference-dcn.ts';

/** A pair with the label that the user gave. */
export interface LabeledPair extends Pair {
  readonly label: number;
}

/**
 * MAML for predicted ratings, one pair at a time and in double precision. The gradients of its steps are finite
 * differences, and `all` really changes the tables of embeddings.
 */
export class ReferenceMaml {
  readonly #config: MamlConfig;
  readonly #catalog: EmbeddedCatalog;

  constructor(config: MamlConfig, catalog: Omit<EmbeddedCatalog, 'config'>) {
    this.#config = config;
    this.#catalog = { ...catalog, config };
  }

  score(weights: Weights, pair: Pair): number {
    const hidden = reluLayers(weights, 'layer', referenceEmbedding(weights, this.#catalog, pair)).at(-1) as number[];
    const [output] = dense(weights, 'output', hidden) as [number];
    return output * this.#config.labels.deviation + this.#config.labels.mean;
  }

  loss(weights: Weights, pairs: readonly LabeledPair[]): number {
    return mean(pairs.map(({ label, ...pair }) => (this.score(weights, pair) - label) ** 2));
  }

  /** Returns all weights after the steps on a support set. */
  adapt(weights: Weights, support: readonly LabeledPair[]): Weights {
    const names = Object.keys(weights).filter((name) => this.#config.adapted === 'all' || !name.endsWith('.embedding'));
    let adapted = weights;
    for (let step = 0; step < this.#config.innerSteps && support.length > 0; step++) {
      const gradients = differences(adapted, names, (at) => this.loss(at, support));
      adapted = { ...adapted, ...moved(adapted, gradients, -this.#config.innerLearningRate) };
    }
    return adapted;
  }
}

/** Returns the weights that have gradients, moved by `rate` · gradient. */
export function moved(weights: Weights, gradients: Weights, rate: number): Weights {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      gradient.map((value, index) => (weights[name]?.[index] as number) + rate * value),
    ]),
  );
}
