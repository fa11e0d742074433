import type { EntityKind } from '../features/feature-schema.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { TrainingOptionsInput } from './training-options.ts';

/** How a model is configured and trained; what is not said has its default. */
export interface TrainingRecipe {
  readonly kind: RecommenderKind;
  /** Whose ids the training data must have as a feature. */
  readonly ids: readonly EntityKind[];
  readonly config: object;
  readonly options: TrainingOptionsInput;
}
