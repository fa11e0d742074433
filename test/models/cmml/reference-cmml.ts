import type { EncodedFeatures } from '../../../src/features/encode-features.ts';
import type { FeatureSchema } from '../../../src/features/feature-schema.ts';
import type { CmmlConfig, HybridKind } from '../../../src/models/cmml/cmml-config.ts';
import { type EmbeddedCatalog, referenceEmbedding, referenceEntity } from './reference-embedding.ts';
import { referenceEncoders } from './reference-encoders.ts';
import { referenceModulations } from './reference-modulations.ts';
import { referenceRidge } from './reference-ridge.ts';
import { dense, layersOf, relu, type Weights } from './reference-weights.ts';

export interface Pair {
  readonly user: number;
  readonly item: number;
  readonly label: number;
}

/** CMML as in the paper, one pair at a time and in double precision, without shared parts and without folding. */
export class ReferenceCmml {
  readonly #config: CmmlConfig;
  readonly #catalog: EmbeddedCatalog;

  constructor(config: CmmlConfig, schema: FeatureSchema, users: EncodedFeatures, items: EncodedFeatures) {
    this.#config = config;
    this.#catalog = { schema, features: { user: users, item: items }, config };
  }

  /** Returns the score of a pair. The context encoder reads the embeddings of the `frozen` weights. */
  score(weights: Weights, pair: Omit<Pair, 'label'>, support: readonly Pair[], frozen = weights): number {
    return this.scoreInContext(weights, pair, support, this.context(weights, support, frozen));
  }

  /** Returns the score of a pair in any context. The ridge head still reads the support set. */
  scoreInContext(
    weights: Weights,
    pair: Omit<Pair, 'label'>,
    support: readonly Pair[],
    context: readonly number[],
  ): number {
    const embedding = this.#embedPair(weights, pair);
    const hybrid = referenceHybrids[this.#config.hybrid](weights, context, embedding);
    const modulated = referenceModulations[this.#config.modulation](weights, hybrid, embedding);
    const { mean, deviation } = this.#config.labels;
    return mean + deviation * (modulated + this.ridge(weights, pair, support));
  }

  /** Returns what the ridge head adds to the standardized score of a pair. It trains the embeddings that it reads. */
  ridge(weights: Weights, { item }: Omit<Pair, 'label'>, support: readonly Pair[]): number {
    const embed = (row: number) => referenceEntity(weights, this.#catalog, 'item', row);
    const pairs = support.map((pair) => ({ item: embed(pair.item), label: this.#standardized(pair) }));
    return referenceRidge(weights, pairs, embed(item));
  }

  /** Returns the hybrid context of a pair (CMML eq. 8). */
  hybrid(weights: Weights, pair: Omit<Pair, 'label'>, support: readonly Pair[], frozen = weights): number[] {
    const embedding = this.#embedPair(weights, pair);
    const context = this.context(weights, support, frozen);
    return referenceHybrids[this.#config.hybrid](weights, context, embedding);
  }

  /** The context of n pairs is multiplied by n / (n + shrinkage). Without pairs it is zero. */
  context(weights: Weights, support: readonly Pair[], frozen = weights): number[] {
    const count = support.length;
    if (count === 0) return this.#embedPair(weights, { user: 0, item: 0 }).map(() => 0);
    const inputs = support.map((pair) => {
      return [...this.#embedPair(frozen, pair), ...labelInput(weights, this.#standardized(pair))];
    });
    const confidence = count / (count + this.#config.contextShrinkage);
    return referenceEncoders[this.#config.encoder](weights, inputs).map((value) => confidence * value);
  }

  #embedPair(weights: Weights, pair: Omit<Pair, 'label'>): number[] {
    return referenceEmbedding(weights, this.#catalog, pair);
  }

  #standardized({ label }: Pair): number {
    const { mean, deviation } = this.#config.labels;
    return (label - mean) / deviation;
  }
}

/** Embeds a label with ReLU between layers but not after the last. Without layers, returns the label itself. */
function labelInput(weights: Weights, label: number): readonly number[] {
  return layersOf(weights, 'context.label').reduce<readonly number[]>(
    (vector, name, index) => dense(weights, name, index === 0 ? vector : vector.map(relu)),
    [label],
  );
}

type ReferenceHybrid = (weights: Weights, context: readonly number[], embedding: readonly number[]) => number[];

/** Each hybrid returns the hybrid context of one pair. */
const referenceHybrids: Record<HybridKind, ReferenceHybrid> = {
  none: (_weights, context) => [...context],

  /** CMML eq. 8, first line. */
  dot: (_weights, context, embedding) => embedding.map((value, unit) => value * (context[unit] as number)),

  /** CMML eq. 8, second line. */
  mlp: (weights, context, embedding) =>
    layersOf(weights, 'hybrid').reduce(
      (vector, name, index) => dense(weights, name, index === 0 ? vector : vector.map(relu)),
      [...context, ...embedding],
    ),
};
