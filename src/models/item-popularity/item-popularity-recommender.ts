import type { HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import type { EncodedFeatures } from '../../features/encoded-features.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender, SupportSet } from '../recommender.ts';
import { checkSupportSet } from '../support-inputs.ts';
import { countsParameter, declareItemCounts, idsOf } from './item-counts.ts';
import { parseItemPopularityConfig } from './item-popularity-config.ts';

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
