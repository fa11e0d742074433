import type { Engine, HostTensors } from '../engine/engine.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';

/** Dense vectors, one row per user or item: `[rows, width]`, row-major. */
export interface Embeddings {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * Labeled pairs that adapt a model to a task. `users`, `items` and `labels` have one row per pair. If `users` has a
 * single row, it stands for every pair (the history of one user).
 */
export interface SupportSet {
  readonly users: Embeddings;
  readonly items: Embeddings;
  readonly labels: Float32Array;
  /** The interaction type of each pair, see `typeIndex`. Given to models whose `support` is `feedback`. */
  readonly types?: Uint8Array;
  /** What each pair says, see `opinionOf`. Given with the types; see `supportOpinions` for the default. */
  readonly opinions?: Float32Array;
  /** The value of each pair that is no rating; `NaN` without one. If absent, no pair has one. Given with the types. */
  readonly amounts?: Float32Array;
  /** See `agesOf`. If absent, all pairs have age 0. Given to models whose `support` is `feedback`. */
  readonly ages?: Float32Array;
}

/**
 * The state that a model computes from a support set, such as the sum of the encoded pairs, and the number of pairs.
 * Later pairs are folded in at the cost of the new pairs only. An adaptation is plain data and can be stored.
 */
export interface Adaptation {
  readonly state: Float32Array;
  readonly pairs: number;
}

/** All data that is needed to load the same recommender again. */
export interface ModelArtifact {
  readonly kind: string;
  readonly config: unknown;
  readonly schema: FeatureSchema;
  readonly parameters: HostTensors;
}

/**
 * The contract of every trained model. All methods are inference and do not change the model. What a model learns about
 * a task is in the adaptation.
 *
 * Embedding, adapting and scoring are separate methods. A caller can therefore keep item embeddings as long as the
 * model version exists, and an adaptation as long as the task has no new interactions.
 */
export interface Recommender {
  readonly kind: string;
  readonly schema: FeatureSchema;
  /**
   * Maximum number of pairs in a support set that the model was trained for. Callers pass the most recent pairs.
   * Infinity means any number.
   */
  readonly supportLimit: number;
  /** The kind of support set that the model was trained with. */
  readonly support: SupportKind;
  /** Whether scores predict labels, such as ratings. Otherwise only the order of scores has a meaning. */
  readonly predictsLabels: boolean;
  /** Returns one embedding per encoded user. */
  embedUsers(features: EncodedFeatures): Promise<Embeddings>;
  /** Returns one embedding per encoded item. */
  embedItems(features: EncodedFeatures): Promise<Embeddings>;
  /**
   * Returns the part of item embeddings whose directions mean co-interest, one row per item: two items are similar if
   * the angle between their rows is small. If absent, the whole embeddings are compared.
   */
  itemVectors?(items: Embeddings): Embeddings;
  /**
   * Returns how much those who like an item, `[1, width]`, like each of `others`, `[others.rows]`: 0 for no relation.
   * For models whose items have no vectors.
   */
  similarities?(item: Embeddings, others: Embeddings): Promise<Float32Array>;
  /**
   * Folds a support set into `earlier`, which stays unchanged, or by default into the state of a task without
   * interactions. Throws a TypeError if the numbers of users, items and labels do not match.
   */
  adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation>;
  /** Returns one user's scores `[items.rows]` for these items. Higher is better. */
  score(adaptation: Adaptation, user: Embeddings, items: Embeddings, scope?: ListScope): Promise<Float32Array>;
  /** Present if a score is the inner product of a vector of the task and a vector of the item. */
  readonly retrieval?: RetrievalVectors;
  /**
   * Predicts ratings beside the scores. If absent, the model predicts no ratings, or its scores are predicted ratings
   * (`predictsLabels`).
   */
  readonly ratings?: RatingPredictor;
  /**
   * Returns what the model computes for each of these items, as named arrays with one row per item. Every kind of model
   * has its own names. An array named `context` is the model's representation of the support set, with the same row for
   * each item. Without items, the result is empty.
   */
  explain(adaptation: Adaptation, user: Embeddings, items: Embeddings, scope?: ListScope): Promise<HostTensors>;
  save(): ModelArtifact;
  /** Frees the memory of the compiled functions after the runs in progress. Later runs reject with an Error. */
  dispose(): void;
}

/**
 * What a list orders: all items, or a pool of items that somebody chose, such as a scenario's. Models may order the two
 * differently. Default: `catalog`.
 */
export type ListScope = 'catalog' | 'pool';

/** The vectors whose inner product is a score, up to rounding. They find the best of many items without scoring all. */
export interface RetrievalVectors {
  readonly width: number;
  /** Returns the vectors of embedded items, `[items.rows, width]`. */
  itemVectors(items: Embeddings): Promise<Embeddings>;
  /** Returns the vector of a task without other pairs than those of the support set, `[width]`. Throws like `adapt`. */
  taskVector(support: SupportSet, user: Embeddings, scope?: ListScope): Promise<Float32Array>;
}

/** The part of a recommender that predicts ratings. It reads the same support sets and embeddings of items. */
export interface RatingPredictor {
  /** Like `Recommender.adapt`. The adaptation is of another kind: it is only for `predict`. */
  adapt(support: SupportSet, earlier?: Adaptation): Promise<Adaptation>;
  /** Returns the ratings `[items.rows]` that the user would give, in the unit of the ratings. */
  predict(adaptation: Adaptation, items: Embeddings): Promise<Float32Array>;
}

/** The part of a recommender that an evaluation needs: it scores items for users. */
export type ScoringModel = Omit<
  Recommender,
  'kind' | 'itemVectors' | 'similarities' | 'retrieval' | 'explain' | 'save' | 'dispose'
>;

/** Makes a recommender of one kind from its artifact. It runs on the given engine. */
export type RecommenderLoader = (artifact: ModelArtifact, engine: Engine) => Promise<Recommender>;

/**
 * What the support sets of a model contain. `labels`: pairs with their labels, such as ratings. `positives`: pairs
 * whose latest interaction is positive, labeled 1. `positivesAndNegatives`: positives followed by the same number of
 * negatives, labeled 0. `feedback`: interactions of every type, with their types; the label is the rating, or 0 for an
 * interaction without one. An item occurs once for each type of interaction.
 */
export const supportKinds = ['labels', 'positives', 'positivesAndNegatives', 'feedback'] as const;
export type SupportKind = (typeof supportKinds)[number];

/** Returns the embeddings of the given rows, in the given order. */
export function selectEmbeddings({ width, data }: Embeddings, rows: ArrayLike<number>): Embeddings {
  const selected = new Float32Array(rows.length * width);
  for (let to = 0; to < rows.length; to++) {
    const from = (rows[to] as number) * width;
    selected.set(data.subarray(from, from + width), to * width);
  }
  return { rows: rows.length, width, data: selected };
}
