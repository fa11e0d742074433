import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings } from '../embedding/entity-embedding.ts';
import { pairParts, pairWidth } from '../embedding/pair-embedding.ts';
import { unpackByTask } from '../gradient-steps/packed-parameters.ts';
import { declareTaskNetwork, scoreWithTaskLayers } from '../gradient-steps/task-network.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { MamlConfig } from './maml-config.ts';
import type { TaskPairs } from './task-pairs.ts';

/** Declares all parameters: the trained ones, and the factors if the embedding uses factors. */
export function declareMaml(config: MamlConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedMaml(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings, and the layers with which every task starts. */
export function declareTrainedMaml(config: MamlConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareLearnedEmbeddings(config, schema), ...declareLayers(config, schema) };
}

/** Declares the layers with which every task starts. */
export function declareLayers(config: MamlConfig, schema: FeatureSchema): ParameterDeclarations {
  return declareTaskNetwork(config, pairWidth(config, schema));
}

/** Returns the scores `[tasks, pairs]` of pairs with the layers of their tasks, `[tasks, packedWidth]`. */
export function scorePairs(config: MamlConfig, schema: FeatureSchema, layers: Tensor2D, pairs: TaskPairs): Tensor2D {
  const byName: Tensors = unpackByTask(declareLayers(config, schema), layers);
  return scoreWithTaskLayers(byName, config, pairParts(config, pairs.user.embedded, pairs.item.embedded));
}
