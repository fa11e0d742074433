import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import type { EmbeddingConfig } from '../embedding/embedding-config.ts';
import type { Parts } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { SupportKind } from '../recommender.ts';
import type { FineTuning } from './fine-tuning.ts';
import type { BatchLayout } from './support-batches.ts';

/** The configuration fields of all models that score pairs and can be fine-tuned on a task. */
export interface TunedConfig extends EmbeddingConfig, BatchLayout {
  readonly support: SupportKind;
  readonly fineTuning: FineTuning;
}

/** A network that scores embedded pairs, and that can be fine-tuned on a task. */
export interface TunedNetwork {
  readonly config: TunedConfig;
  readonly schema: FeatureSchema;
  /** All parameters. */
  readonly parameters: ParameterDeclarations;
  /** The parameters that fine-tuning changes. They contain no embeddings. */
  readonly layers: ParameterDeclarations;
  /** Returns the scores of the pairs, `[tasks, pairs]`. */
  readonly score: (parameters: Tensors, pairs: Parts) => Tensor2D;
  /** Returns contributions that sum up to the scores, each `[tasks, pairs]`, by name. */
  readonly explain: (parameters: Tensors, pairs: Parts) => Readonly<Record<string, Tensor2D>>;
}
