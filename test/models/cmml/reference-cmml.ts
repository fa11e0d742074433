import type { HostTensors } from '../../../src/engine/engine.ts';
import type { EncodedFeatures } from '../../../src/features/encoded-features.ts';
import { type EntityKind, type FeatureSchema, fieldsOf } from '../../../src/features/feature-schema.ts';
import type { CmmlConfig } from '../../../src/models/cmml/cmml-config.ts';

/** Numbers of double precision by parameter name; matrices row by row. */
export type Weights = Record<string, number[]>;
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
    const context = this.#context(weights, support, frozen, embedding.length);
    const hybrid = embedding.map((value, index) => value * (context[index] as number));
    const hyper = this.#config.hyperWidths.reduce(
      (vector, _, layer) => dense(weights, `hyper.${layer + 1}`, vector).map(relu),
      hybrid,
    );
    const hidden = this.#config.backboneWidths.reduce((vector, _, index) => {
      const scale = dense(weights, `film.${index + 1}.scale`, hyper);
      const shift = dense(weights, `film.${index + 1}.shift`, hyper);
      return dense(weights, `backbone.${index + 1}`, vector)
        .map((value, unit) => value * (scale[unit] as number) + (shift[unit] as number))
        .map((value) => (value > 0 ? value : 0.01 * value));
    }, embedding);
    const { mean, deviation } = this.#config.labels;
    return mean + deviation * (dense(weights, 'output', hidden)[0] as number);
  }

  #context(weights: Weights, support: readonly Pair[], frozen: Weights, width: number): number[] {
    const encoded = support.map((pair) => {
      const label = (pair.label - this.#config.labels.mean) / this.#config.labels.deviation;
      const hidden = dense(weights, 'context.label.1', [label]).map(relu);
      const input = [...this.#embedPair(frozen, pair), ...dense(weights, 'context.label.2', hidden)];
      return dense(weights, 'context.output', dense(weights, 'context.hidden', input).map(relu));
    });
    const mean = (unit: number) =>
      encoded.reduce((sum, pair) => sum + (pair[unit] as number), 0) / Math.max(encoded.length, 1);
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

export function weightsOf(parameters: HostTensors): Weights {
  return Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, [...data]]));
}

function dense(weights: Weights, name: string, input: readonly number[]): number[] {
  const bias = weights[`${name}.bias`] as number[];
  const matrix = weights[`${name}.weight`] as number[];
  return bias.map((start, output) =>
    input.reduce((sum, value, row) => sum + value * (matrix[row * bias.length + output] as number), start),
  );
}

function relu(value: number): number {
  return Math.max(value, 0);
}
