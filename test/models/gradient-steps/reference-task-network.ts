import type { TaskNetworkConfig } from '../../../src/models/gradient-steps/task-network.ts';
import { type EmbeddedCatalog, referenceEmbedding } from '../cmml/reference-embedding.ts';
import { dense, reluLayers, type Weights } from '../cmml/reference-weights.ts';
import type { Pair } from '../dcn/reference-dcn.ts';
import { meanLoss, referenceLosses } from '../reference-objectives.ts';

/** A pair with the label that the user gave. */
export interface LabeledPair extends Pair {
  readonly label: number;
}

/** A network whose layers every task adapts, one pair at a time and in double precision. */
export class ReferenceTaskNetwork<Config extends TaskNetworkConfig & EmbeddedCatalog['config']> {
  protected readonly config: Config;
  readonly #catalog: EmbeddedCatalog;

  constructor(config: Config, catalog: Omit<EmbeddedCatalog, 'config'>) {
    this.config = config;
    this.#catalog = { ...catalog, config };
  }

  score(weights: Weights, pair: Pair): number {
    const hidden = reluLayers(weights, 'layer', referenceEmbedding(weights, this.#catalog, pair)).at(-1) as number[];
    const [output] = dense(weights, 'output', hidden) as [number];
    return output * this.config.labels.deviation + this.config.labels.mean;
  }

  /** Returns the losses of a set of pairs, see `referenceLosses`. */
  losses(weights: Weights, pairs: readonly LabeledPair[]): number[] {
    return referenceLosses(this.config.objective, pairs, (pair) => this.score(weights, pair));
  }

  loss(weights: Weights, pairs: readonly LabeledPair[]): number {
    return meanLoss(this.losses(weights, pairs));
  }
}
