import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import { parseConfiguration } from '../common/parse-configuration.ts';
import type { HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import { type FeatureSchema, fieldsOf, idField } from '../features/feature-schema.ts';
import { idRows } from './embedding/factor-embedding.ts';
import { checkParameters, type ParameterDeclarations } from './parameter-declarations.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportSet } from './recommender.ts';
import { checkSupportSet } from './support-inputs.ts';

/** There is nothing to configure; a field that does not exist is refused by name. */
const configSchema = z.strictObject({});

export type ItemPopularityConfig = z.output<typeof configSchema>;

/** Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseItemPopularityConfig(input: unknown): ItemPopularityConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of ItemPop'));
}

export const countsParameter = 'item.interactions';

/** How often each item was interacted with in training, `[id rows]`: row 0 is that of unknown items. */
export function declareItemCounts(schema: FeatureSchema): ParameterDeclarations {
  return { [countsParameter]: { shape: [itemIdRows(schema).count], mean: 0, deviation: 0 } };
}

/** Counts interactions by their `items`, rows of `features`. Throws INVALID_CONFIGURATION without ids of items. */
export function countInteractions(
  schema: FeatureSchema,
  features: EncodedFeatures,
  items: Int32Array,
): HostTensors {
  const counts = new Float32Array(itemIdRows(schema).count);
  const ids = idsOf(schema, features);
  for (const item of items) {
    const id = ids[item] as number;
    counts[id] = (counts[id] as number) + 1;
  }
  // Who are not known apart are not known.
  counts[0] = 0;
  return { [countsParameter]: floatTensor([counts.length], counts) };
}

/** The id row of each encoded item; 0 for items that training did not know. */
export function idsOf(schema: FeatureSchema, { rows, slots, indices }: EncodedFeatures): Float32Array {
  const { slot, first } = itemIdRows(schema);
  return Float32Array.from({ length: rows }, (_, row) => (indices[row * slots + slot] as number) - first);
}

function itemIdRows(schema: FeatureSchema): ReturnType<typeof idRows> {
  if (fieldsOf(schema, 'item').some(({ name }) => name === idField)) return idRows(schema, 'item');
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `ItemPop counts items by their ids, but the feature schema has no item field "${idField}"; train it on data with ids of items`,
  );
}

/**
 * Makes an ItemPop of what `save` gave or training made; it needs no engine. Throws INVALID_CONFIGURATION or INVALID_DATA
 * when the artifact's configuration is not one, or its parameters do not belong to its schema.
 */
export async function loadItemPopularity(artifact: ModelArtifact): Promise<Recommender> {
  parseItemPopularityConfig(artifact.config);
  checkParameters(declareItemCounts(artifact.schema), artifact.parameters);
  return new ItemPopularityRecommender(artifact);
}

/**
 * Ranks items by how often they occur among a task's support pairs, as the paper's ItemPop does, and those that occur
 * equally often by how often they were interacted with in training. It does not tell users apart, and items unknown to
 * the training not from each other, so that nothing is ever counted for those.
 */
class ItemPopularityRecommender implements Recommender {
  readonly kind = 'itemPopularity';
  readonly schema: FeatureSchema;
  /** Counting knows no limit. */
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

  /** Users are all alike: `[rows, 1]` of zeros. */
  async embedUsers({ rows }: EncodedFeatures): Promise<Embeddings> {
    return { rows, width: 1, data: new Float32Array(rows) };
  }

  /** The row of each item's id, `[rows, 1]`. */
  async embedItems(features: EncodedFeatures): Promise<Embeddings> {
    return { rows: features.rows, width: 1, data: idsOf(this.schema, features) };
  }

  /** The state counts support pairs by id row. Labels above 0 count: any positive rating, but no negative. */
  async adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation> {
    checkSupportSet(support);
    const state = earlier?.state.slice() ?? new Float32Array(this.#trained.length);
    for (const [pair, label] of support.labels.entries()) {
      const id = support.items.data[pair] as number;
      if (id > 0 && label > 0) state[id] = (state[id] as number) + 1;
    }
    return { state, pairs: (earlier?.pairs ?? 0) + support.items.rows };
  }

  /** The count among the support pairs, plus a share below 1 that grows with the count in training. */
  async score({ state }: Adaptation, _user: Embeddings, { data: ids }: Embeddings): Promise<Float32Array> {
    return ids.map((id) => (state[id] as number) + (this.#trained[id] as number) / (this.#maxTrained + 1));
  }

  /** `supportCount` and `trainingCount`, `[items]`. */
  async explain(
    { state }: Adaptation,
    _user: Embeddings,
    { rows, data: ids }: Embeddings,
  ): Promise<HostTensors> {
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
