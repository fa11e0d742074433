import type { Engine, HostTensors } from '../engine/engine.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';

/** Dense vectors, one row an entity: `[rows, width]`, row-major. */
export interface Embeddings {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * Labelled pairs that adapt a model to a task: `users`, `items` and `labels` have a row a pair.
 * `users` may have a single row, which then stands for every pair (a user's own history).
 */
export interface SupportSet {
  readonly users: Embeddings;
  readonly items: Embeddings;
  readonly labels: Float32Array;
}

/**
 * What a model keeps of a support set, such as the sum of the encoded pairs, and their count, so that later pairs
 * are folded in at the cost of the new ones alone. Plain data; it may be stored.
 */
export interface Adaptation {
  readonly state: Float32Array;
  readonly pairs: number;
}

/** Everything needed to make the same recommender again. */
export interface ModelArtifact {
  readonly kind: string;
  readonly config: unknown;
  readonly schema: FeatureSchema;
  readonly parameters: HostTensors;
}

/**
 * The contract every trained model fulfils. All of it is inference, which leaves the model as it is: what a model
 * learns of a task is in the adaptation.
 *
 * Embedding, adapting and scoring are apart, so that a caller can keep item embeddings for as long as the
 * model version lives and an adaptation for as long as the task has no new interactions.
 */
export interface Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  /** Most pairs of a support set that the model was trained to take; callers pass the most recent. Infinity: any number. */
  readonly supportLimit: number;
  /** What the model was trained to adapt to. */
  readonly support: SupportKind;
  /** Whether scores are predictions of labels, such as ratings, instead of an order alone. */
  readonly predictsLabels: boolean;
  embedUsers(features: EncodedFeatures): Promise<Embeddings>;
  embedItems(features: EncodedFeatures): Promise<Embeddings>;
  /** Folds a support set into `earlier`, or into the state of a task that has no interactions yet. */
  adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation>;
  /** Scores `[items.rows]` of one user for these items; higher is better. */
  score(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<Float32Array>;
  /**
   * What the model does for each of these items, in named arrays with a row an item; which there are is the model's
   * own, but `context` is always what it makes of the support set, the same for each item. For no items there are none.
   */
  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings): Promise<HostTensors>;
  save(): ModelArtifact;
  dispose(): void;
}

/** What scores items for users: all that a measurement asks of a model. */
export type ScoringModel = Omit<Recommender, 'kind' | 'explain' | 'save' | 'dispose'>;

/** Makes a recommender of one kind from its artifact, to run on an engine. */
export type RecommenderLoader = (artifact: ModelArtifact, engine: Engine) => Promise<Recommender>;

/**
 * What the support sets of a model have: pairs with their `labels`, such as ratings; or `positives`, which are labelled 1
 * whatever the interaction was, alone or with as many negatives after them, labelled 0.
 */
export const supportKinds = ['labels', 'positives', 'positivesAndNegatives'] as const;
export type SupportKind = (typeof supportKinds)[number];

/** The chosen rows, in the order asked for. */
export function selectEmbeddings({ width, data }: Embeddings, rows: ArrayLike<number>): Embeddings {
  const selected = new Float32Array(rows.length * width);
  for (let to = 0; to < rows.length; to++) {
    const from = (rows[to] as number) * width;
    selected.set(data.subarray(from, from + width), to * width);
  }
  return { rows: rows.length, width, data: selected };
}
