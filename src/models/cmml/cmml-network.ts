import {
  add,
  div,
  mul,
  reshape,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import {
  declareFrozenEmbeddings,
  declareLearnedEmbeddings,
  embeddedWidth,
} from '../embedding/entity-embedding.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import type { Folded, SupportPairs } from './context-encoder.ts';
import { contextEncoders } from './context-encoders.ts';
import type { Parts } from './dense.ts';
import { hybrids } from './hybrids.ts';
import { modulations } from './modulations.ts';

/** All parameters of a CMML model: those that are trained, and factors where users and items are embedded by them. */
export function declareCmml(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedCmml(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** What is trained: embeddings, context encoder, hybrid, modulation and backbone. */
export function declareTrainedCmml(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  const width = pairWidth(config, schema);
  return {
    ...declareLearnedEmbeddings(config, schema),
    ...contextEncoders[config.encoder].declare(config, width),
    ...hybrids[config.hybrid].declare(config, width),
    ...modulations[config.modulation].declare(config, width),
  };
}

/** How wide the embedding of a user and an item together is; contexts are as wide. */
export function pairWidth(config: CmmlConfig, schema: FeatureSchema): number {
  return embeddedWidth(config, schema, 'user') + embeddedWidth(config, schema, 'item');
}

export function stateWidth(config: CmmlConfig, schema: FeatureSchema): number {
  return contextEncoders[config.encoder].stateWidth(config, pairWidth(config, schema));
}

/** Folds support pairs, their labels in the units of the data, into the encoder's state. */
export function foldSupport(
  parameters: Tensors,
  config: CmmlConfig,
  earlier: Folded,
  { pairs, labels, mask }: SupportPairs,
): Folded {
  const { mean, deviation } = config.labels;
  const standardised = div(sub(labels, mean), deviation) as Tensor2D;
  const state = contextEncoders[config.encoder].fold(parameters, earlier, {
    pairs,
    labels: standardised,
    mask,
  });
  const added = reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
  return { state, count: add(earlier.count, added) as Tensor3D };
}

/** Scores `[tasks, pairs]`, in the units of the labels, of pairs of the tasks whose support sets were folded. */
export function scorePairs(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Tensor2D {
  const hybrid = hybridOf(parameters, config, folded, pairs);
  const standardised = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  return add(mul(standardised, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * The route of each pair through the modules: a matrix `[tasks, pairs, modules, next modules]` a layer, whose columns
 * sum to 1 (CMML eq. 12). No matrices where the modulation has no modules.
 */
export function routePairs(
  parameters: Tensors,
  config: CmmlConfig,
  folded: Folded,
  pairs: Parts,
): Tensor4D[] {
  const hybrid = hybridOf(parameters, config, folded, pairs);
  return modulations[config.modulation].routes?.(parameters, config, hybrid) ?? [];
}

function hybridOf(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Parts {
  const context = contextEncoders[config.encoder].context(parameters, config, folded);
  return hybrids[config.hybrid].combine(parameters, context, pairs);
}
