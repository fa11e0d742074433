import {
  add,
  concat,
  div,
  maximum,
  mul,
  reshape,
  split,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Dimension, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings, embeddedWidth } from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import { type Parts, pairCount, perPair, withoutGradient } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { attention } from './attention.ts';
import type { CmmlConfig, ContextEncoderKind } from './cmml-config.ts';
import {
  type ContextEncoder,
  declareLabelInput,
  type EncoderWidths,
  type Folded,
  labelInput,
  labelInputWidth,
  type SupportPairs,
} from './context-encoder.ts';
import { gruEncoder } from './gru-encoder.ts';
import { hybrids } from './hybrids.ts';
import { maxPool } from './max-pool.ts';
import { meanPool } from './mean-pool.ts';
import { modulations } from './modulations.ts';
import { declareRidgeHead, foldRidge, ridgeScores, ridgeStateWidth } from './ridge-head.ts';

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
    ...declareLabelInput(config),
    ...contextEncoders[config.encoder].declare(config, encoderWidths(config, width)),
    ...hybrids[config.hybrid].declare(config, width),
    ...modulations[config.modulation].declare(config, width),
  };
}

/** Returns the width of a task's state: the encoder's state, followed by the ridge head's. */
export function stateWidth(config: CmmlConfig, schema: FeatureSchema): number {
  const encoder = contextEncoders[config.encoder].stateWidth(config, pairWidth(config, schema));
  return encoder + ridgeStateWidth(config.ridgeWidth);
}

/** Returns how many pairs one call of the serving function folds in, see `ContextEncoder`. */
export function pairsPerFold({ encoder }: CmmlConfig): Dimension {
  return contextEncoders[encoder].pairsPerFold;
}

/** Folds support pairs into a task's state. Labels are in the units of the data. */
export function foldSupport(
  parameters: Tensors,
  config: CmmlConfig,
  earlier: Folded,
  { pairs, labels, mask }: SupportPairs,
): Folded {
  const { mean, deviation } = config.labels;
  const standardized = div(sub(labels, mean), deviation) as Tensor2D;
  const { encoder, ridge } = statesOf(config, earlier.state);
  // The context encoder reads embeddings but does not train them.
  const read = pairs.map((part) => withoutGradient(() => part.clone()));
  const vectors = [...read, labelInput(parameters, config, standardized)];
  const folded = contextEncoders[config.encoder].fold(
    parameters,
    config,
    { state: encoder, count: earlier.count },
    { vectors, mask },
  );
  const support = { items: itemsOf(pairs), labels: standardized, mask };
  const state = ridge ? concat([folded, foldRidge(parameters, ridge, support)], 2) : folded;
  const added = reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
  return { state, count: add(earlier.count, added) as Tensor3D };
}

/**
 * Returns the scores `[tasks, pairs]` of pairs, in the units of the labels, given the folded support sets of the tasks.
 */
export function scorePairs(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Tensor2D {
  const { ridge } = statesOf(config, folded.state);
  const hybrid = hybridOf(parameters, config, folded, pairs);
  const modulated = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  const standardized = ridge ? add(modulated, ridgeScores(parameters, ridge, itemsOf(pairs))) : modulated;
  return add(mul(standardized, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * Returns how the modulation changes the network for each pair, by name, `[tasks, pairs, …]`. In addition, `context`,
 * `[tasks, pairs, pairWidth]`, is the context that all pairs of a task share, and `ridge`, `[tasks, pairs]`, is what
 * the ridge head adds to the standardized score.
 */
export function explainPairs(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Tensors {
  const context = contextOf(parameters, config, folded);
  const hybrid = hybrids[config.hybrid].combine(parameters, config, context, pairs);
  const { ridge } = statesOf(config, folded.state);
  return {
    ...modulations[config.modulation].explain(parameters, config, hybrid, pairs),
    context: perPair(context, pairCount(pairs)),
    ...(ridge && { ridge: ridgeScores(parameters, ridge, itemsOf(pairs)) }),
  };
}

function hybridOf(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Parts {
  return hybrids[config.hybrid].combine(parameters, config, contextOf(parameters, config, folded), pairs);
}

/**
 * Returns the contexts `[tasks, 1, pairWidth]`, shrunk towards zero for small support sets (`contextShrinkage`). The
 * context of an empty support set is zero.
 */
function contextOf(parameters: Tensors, config: CmmlConfig, folded: Folded): Tensor3D {
  const { count } = folded;
  const { encoder: state } = statesOf(config, folded.state);
  // The lower bound has no effect for n ≥ 1 pairs. It prevents 0 / (0 + 0).
  const confidence = div(count, maximum(add(count, config.contextShrinkage), 1));
  return mul(contextEncoders[config.encoder].context(parameters, config, { state, count }), confidence);
}

/** Splits a task's state into its two parts. Without a ridge head, the whole state is the encoder's. */
function statesOf({ ridgeWidth }: CmmlConfig, state: Tensor3D): { encoder: Tensor3D; ridge?: Tensor3D } {
  if (ridgeWidth === 0) return { encoder: state };
  const width = ridgeStateWidth(ridgeWidth);
  const [encoder, ridge] = split(state, [state.shape[2] - width, width], 2) as [Tensor3D, Tensor3D];
  return { encoder, ridge };
}

/** See `pairParts`. */
function itemsOf(pairs: Parts): Tensor3D {
  return pairs[1] as Tensor3D;
}

function encoderWidths(config: CmmlConfig, pair: number): EncoderWidths {
  return { inputs: pair + labelInputWidth(config), pair };
}

const contextEncoders: Record<ContextEncoderKind, ContextEncoder> = {
  meanPool,
  maxPool,
  gru: gruEncoder,
  attention,
};
