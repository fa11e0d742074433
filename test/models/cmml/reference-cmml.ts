import type { EncodedFeatures } from '../../../src/features/encoded-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../../src/features/feature-schema.ts';
import type { CmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { referenceModulations } from './reference-modulations.ts';
import { dense, relu, type Weights } from './reference-weights.ts';

export interface Pair {
  readonly user: number;
  readonly item: number;
  readonly label: number;
}

/** CMML as the paper writes it, one pair at a time and in double precision: nothing shared, nothing folded. */
export class ReferenceCmml {
  readonly #config: CmmlConfig;
  readonly #schema: FeatureSchema;
  readonly #features: Record<EntityKind, EncodedFeatures>;

  constructor(config: CmmlConfig, schema: FeatureSchema, users: EncodedFeatures, items: EncodedFeatures) {
    this.#config = config;
    this.#schema = schema;
    this.#features = { user: users, item: items };
  }

  /** The score of a pair. `frozen` are the weights whose embeddings the context encoder reads. */
  score(weights: Weights, pair: Omit<Pair, 'label'>, support: readonly Pair[], frozen = weights): number {
    const embedding = this.#embedPair(weights, pair);
    const hybrid = this.hybrid(weights, pair, support, frozen);
    const { mean, deviation } = this.#config.labels;
    return mean + deviation * referenceModulations[this.#config.modulation](weights, hybrid, embedding);
  }

  /** The hybrid context of a pair (CMML eq. 8). */
  hybrid(weights: Weights, pair: Omit<Pair, 'label'>, support: readonly Pair[], frozen = weights): number[] {
    const embedding = this.#embedPair(weights, pair);
    const context = this.#context(weights, support, frozen, embedding.length);
    return embedding.map((value, index) => value * (context[index] as number));
  }

  #context(weights: Weights, support: readonly Pair[], frozen: Weights, width: number): number[] {
    const encoded = support.map((pair) => {
      const label = (pair.label - this.#config.labels.mean) / this.#config.labels.deviation;
      const hidden = dense(weights, 'context.label.1', [label]).map(relu);
      const input = [...this.#embedPair(frozen, pair), ...dense(weights, 'context.label.2', hidden)];
      return dense(weights, 'context.output', dense(weights, 'context.hidden', input).map(relu));
    });
    const weight = 1 / (encoded.length + this.#config.contextShrinkage);
    const mean = (unit: number) => encoded.reduce((sum, pair) => sum + weight * (pair[unit] as number), 0);
    return Array.from({ length: width }, (_, unit) => mean(unit));
  }

  #embedPair(weights: Weights, { user, item }: Omit<Pair, 'label'>): number[] {
    return [...this.#embed(weights, 'user', user), ...this.#embed(weights, 'item', item)];
  }

  #embed(weights: Weights, entity: EntityKind, row: number): number[] {
    const { embeddingWidth } = this.#config;
    const { slots, indices, weights: slotWeights } = this.#features[entity];
    const table = weights[`${entity}.embedding`] as number[];
    let slot = row * slots;
    return fieldsOf(this.#schema, entity).flatMap((field) => {
      const embedding = new Array<number>(embeddingWidth).fill(0);
      for (let end = slot + field.slots; slot < end; slot++) {
        const from = (indices[slot] as number) * embeddingWidth;
        for (const unit of embedding.keys()) {
          embedding[unit] =
            (embedding[unit] as number) + (slotWeights[slot] as number) * (table[from + unit] as number);
        }
      }
      return embedding;
    });
  }
}
