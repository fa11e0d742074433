import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings } from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import { unpackByTask } from '../gradient-steps/packed-parameters.ts';
import { declareTaskNetwork, scoreWithTaskLayers } from '../gradient-steps/task-network.ts';
import type { Parts } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { declareControllers } from './controllers.ts';
import type { S2MetaConfig } from './s2meta-config.ts';

/** Declares all parameters: the trained ones, and the factors if the embedding uses factors. */
export function declareS2Meta(config: S2MetaConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedS2Meta(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings, the layers with which every task starts, and the controllers. */
export function declareTrainedS2Meta(config: S2MetaConfig, schema: FeatureSchema): ParameterDeclarations {
  return {
    ...declareLearnedEmbeddings(config, schema),
    ...declareLayers(config, schema),
    ...declareControllers(config),
  };
}

/** Declares the layers with which every task starts. */
export function declareLayers(config: S2MetaConfig, schema: FeatureSchema): ParameterDeclarations {
  return declareTaskNetwork(config, pairWidth(config, schema));
}

/** Returns the scores `[tasks, pairs]` of pairs with the layers of their tasks, `[tasks, packedWidth]`. */
export function scorePairs(config: S2MetaConfig, schema: FeatureSchema, layers: Tensor2D, pairs: Parts): Tensor2D {
  return scoreWithTaskLayers(unpackByTask(declareLayers(config, schema), layers), config, pairs);
}
