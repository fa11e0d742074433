import { add, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings, embeddedWidth } from '../embedding/entity-embedding.ts';
import { itemPart, pairWidth } from '../embedding/pair-embedding.ts';
import { type Parts, pairCount, perPair } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { hybrids } from './hybrids.ts';
import { modulations } from './modulations.ts';
import { declareRidgeHead, ridgeScores } from './ridge-head.ts';
import { declareTaskContext, type TaskContext } from './task-context.ts';

/** Declares all parameters of a CMML model: the trained ones, and the factors if the embedding uses factors. */
export function declareCmml(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedCmml(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings, ridge head, context encoder, hybrid, modulation and backbone. */
export function declareTrainedCmml(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  const width = pairWidth(config, schema);
  return {
    ...declareLearnedEmbeddings(config, schema),
    ...declareRidgeHead(config.ridgeWidth, embeddedWidth(config, schema, 'item')),
    ...declareTaskContext(config, schema),
    ...hybrids[config.hybrid].declare(config, width),
    ...modulations[config.modulation].declare(config, width),
  };
}

/** Returns the scores `[tasks, pairs]` of pairs, in the units of the labels, given the contexts of their tasks. */
export function scorePairs(
  parameters: Tensors,
  config: CmmlConfig,
  { context, ridge }: TaskContext,
  pairs: Parts,
): Tensor2D {
  const hybrid = hybrids[config.hybrid].combine(parameters, config, context, pairs);
  const modulated = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  const standardized = ridge ? add(modulated, ridgeScores(parameters, ridge, itemPart(pairs))) : modulated;
  return add(mul(standardized, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * Returns how the modulation changes the network for each pair, by name, `[tasks, pairs, …]`. In addition, `context`,
 * `[tasks, pairs, pairWidth]`, is the context that all pairs of a task share, and `ridge`, `[tasks, pairs]`, is what
 * the ridge head adds to the standardized score.
 */
export function explainPairs(
  parameters: Tensors,
  config: CmmlConfig,
  { context, ridge }: TaskContext,
  pairs: Parts,
): Tensors {
  const hybrid = hybrids[config.hybrid].combine(parameters, config, context, pairs);
  return {
    ...modulations[config.modulation].explain(parameters, config, hybrid, pairs),
    context: perPair(context, pairCount(pairs)),
    ...(ridge && { ridge: ridgeScores(parameters, ridge, itemPart(pairs)) }),
  };
}
