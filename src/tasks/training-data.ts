import type { EncodedFeatures } from '../features/encoded-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';

/** One user's interactions in the order of time: `items` are rows of the training data's items. */
export interface History {
  /** Row of the training data's users. */
  readonly user: number;
  readonly items: Int32Array;
  readonly labels: Float32Array;
}

/** Everything a training reads: encoded users and items, and who interacted with what. */
export interface TrainingData {
  readonly schema: FeatureSchema;
  readonly users: EncodedFeatures;
  readonly items: EncodedFeatures;
  readonly histories: readonly History[];
}
