import { z } from 'zod';
import { parseConfiguration } from '../common/parse-configuration.ts';
import type { HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';
import { idsOf, itemIdRows } from './item-ids.ts';
import { checkParameters, type ParameterDeclarations } from './parameter-declarations.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportSet } from './recommender.ts';
import { checkSupportSet } from './support-inputs.ts';

const configSchema = z.strictObject({
  /** The rating from which an interaction was counted in training. If absent, all interactions were counted. */
  positiveFrom: z.number().optional(),
});

export type ItemPopularityConfig = z.output<typeof configSchema>;

/** Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseItemPopularityConfig(input: unknown): ItemPopularityConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of ItemPop'));
}

export const countsParameter = 'item.interactions';

/** Declares the number of counted training interactions of each item, `[id rows]`. Row 0 stands for unknown items. */
export function declareItemCounts(schema: FeatureSchema): ParameterDeclarations {
  return { [countsParameter]: { shape: [itemIdRows(schema).count], mean: 0, deviation: 0 } };
}

/**
 * Counts the interactions of each item. `items` has one row of `features` for each interaction. Throws
 * INVALID_CONFIGURATION if the schema has no item IDs.
 */
export function countInteractions(schema: FeatureSchema, features: EncodedFeatures, items: Int32Array): HostTensors {
  const counts = new Float32Array(itemIdRows(schema).count);
  const ids = idsOf(schema, features);
  for (const item of items) {
    const id = ids[item] as number;
    counts[id] = (counts[id] as number) + 1;
  }
  // All unknown items share row 0, so their common count is not the popularity of any of them.
  counts[0] = 0;
  return { [countsParameter]: floatTensor([counts.length], counts) };
}

/**
 * Makes an ItemPop recommender from an artifact of `save` or of training. It needs no engine. Throws
 * INVALID_CONFIGURATION if the artifact's configuration is invalid, and INVALID_DATA if its parameters do not match its
 * schema.
 */
export async function loadItemPopularity(artifact: ModelArtifact): Promise<Recommender> {
  parseItemPopularityConfig(artifact.config);
  checkParameters(declareItemCounts(artifact.schema), artifact.parameters);
  return new ItemPopularityRecommender(artifact);
}

/**
 * Ranks items by the number of a task's support pairs that contain them, as the paper's ItemPop does. Ties are ordered
 * by the number of training interactions, or of users with positive ones. The model does not distinguish users. It also does not distinguish items that
 * training did not see, so it never counts them.
 */
class ItemPopularityRecommender implements Recommender {
  readonly kind = 'itemPopularity';
  readonly schema: FeatureSchema;
  /** Counting has no limit. */
  readonly supportLimit = Infinity;
  readonly support = 'positives';
  readonly predictsLabels = false;
  readonly #artifact: ModelArtifact;
  readonly #trained: Float32Array;
  readonly #maxTrained: number;

  constructor(artifact: ModelArtifact) {
    this.schema = artifact.schema;
    this.#artifact = artifact;
    this.#trained = artifact.parameters[countsParameter]?.data as Float32Array;
    this.#maxTrained = this.#trained.reduce((most, count) => Math.max(most, count), 0);
  }

  /** All users have the same embedding: `[rows, 1]` of zeros. */
  async embedUsers({ rows }: EncodedFeatures): Promise<Embeddings> {
    return { rows, width: 1, data: new Float32Array(rows) };
  }

  /** The embedding of an item is the row of its ID, `[rows, 1]`. */
  async embedItems(features: EncodedFeatures): Promise<Embeddings> {
    return { rows: features.rows, width: 1, data: idsOf(this.schema, features) };
  }

  /** The state counts support pairs by ID row. Only pairs with a label above 0 count. */
  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const state = earlier?.state.slice() ?? new Float32Array(this.#trained.length);
    for (const [pair, label] of support.labels.entries()) {
      const id = support.items.data[pair] as number;
      if (id > 0 && label > 0) state[id] = (state[id] as number) + 1;
    }
    return { state, pairs: (earlier?.pairs ?? 0) + support.items.rows };
  }

  /** A score is the count among the support pairs, plus a value below 1 that grows with the count in training. */
  async score({ state }: Adaptation, _user: Embeddings, { data: ids }: Embeddings): Promise<Float32Array> {
    return ids.map((id) => (state[id] as number) + (this.#trained[id] as number) / (this.#maxTrained + 1));
  }

  /** Returns `supportCount` and `trainingCount`, each `[items]`. */
  async explain({ state }: Adaptation, _user: Embeddings, { rows, data: ids }: Embeddings): Promise<HostTensors> {
    if (rows === 0) return {};
    return {
      supportCount: floatTensor(
        [rows],
        ids.map((id) => state[id] as number),
      ),
      trainingCount: floatTensor(
        [rows],
        ids.map((id) => this.#trained[id] as number),
      ),
    };
  }

  save(): ModelArtifact {
    return this.#artifact;
  }

  dispose(): void {}
}
