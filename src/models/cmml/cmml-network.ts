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
import {
  declareFrozenEmbeddings,
  declareLearnedEmbeddings,
  embeddedWidth,
} from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import { type Parts, pairCount, perPair, withoutGradient } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { attention } from './attention.ts';
import type { CmmlConfig, ContextEncoderKind, ModulationKind } from './cmml-config.ts';
import {
  type ContextEncoder,
  declareLabelInput,
  type EncoderWidths,
  type Folded,
  labelInput,
  labelInputWidth,
  type SupportPairs,
} from './context-encoder.ts';
import { film } from './film.ts';
import { gruEncoder } from './gru-encoder.ts';
import { hybrids } from './hybrids.ts';
import { linear } from './linear.ts';
import { maxPool } from './max-pool.ts';
import { meanPool } from './mean-pool.ts';
import type { Modulation } from './modulation.ts';
import { declareRidgeHead, foldRidge, ridgeScores, ridgeStateWidth } from './ridge-head.ts';
import { sigmoidGates } from './sigmoid-gates.ts';
import { softModules } from './soft-modules.ts';

/** All parameters of a CMML model: those that are trained, and factors where users and items are embedded by them. */
export function declareCmml(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedCmml(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** What is trained: embeddings, context encoder, hybrid, modulation and backbone. */
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

/** How wide a task's state is: the encoder's, and the ridge head's after it. */
export function stateWidth(config: CmmlConfig, schema: FeatureSchema): number {
  const encoder = contextEncoders[config.encoder].stateWidth(config, pairWidth(config, schema));
  return encoder + ridgeStateWidth(config.ridgeWidth);
}

/** How many pairs a serving function folds in at once, see `ContextEncoder`. */
export function pairsPerFold({ encoder }: CmmlConfig): Dimension {
  return contextEncoders[encoder].pairsPerFold;
}

/** Folds support pairs, their labels in the units of the data, into a task's state. */
export function foldSupport(
  parameters: Tensors,
  config: CmmlConfig,
  earlier: Folded,
  { pairs, labels, mask }: SupportPairs,
): Folded {
  const { mean, deviation } = config.labels;
  const standardised = div(sub(labels, mean), deviation) as Tensor2D;
  const { encoder, ridge } = statesOf(config, earlier.state);
  // The context encoder reads embeddings but does not train them.
  const read = pairs.map((part) => withoutGradient(() => part.clone()));
  const vectors = [...read, labelInput(parameters, config, standardised)];
  const folded = contextEncoders[config.encoder].fold(
    parameters,
    config,
    { state: encoder, count: earlier.count },
    { vectors, mask },
  );
  const support = { items: itemsOf(pairs), labels: standardised, mask };
  const state = ridge ? concat([folded, foldRidge(parameters, ridge, support)], 2) : folded;
  const added = reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
  return { state, count: add(earlier.count, added) as Tensor3D };
}

/** Scores `[tasks, pairs]`, in the units of the labels, of pairs of the tasks whose support sets were folded. */
export function scorePairs(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Tensor2D {
  const { ridge } = statesOf(config, folded.state);
  const hybrid = hybridOf(parameters, config, folded, pairs);
  const modulated = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  const standardised = ridge ? add(modulated, ridgeScores(parameters, ridge, itemsOf(pairs))) : modulated;
  return add(mul(standardised, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * What the modulation does to the network for each of these pairs, by name, `[tasks, pairs, …]`; as `context`,
 * `[tasks, pairs, pairWidth]`, the context that all pairs of a task have in common; and as `ridge`, `[tasks, pairs]`, what
 * the ridge head adds to the standardised score.
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

/** Contexts `[tasks, 1, pairWidth]`, shrunk towards zero where pairs are few (`contextShrinkage`); of none, zero. */
function contextOf(parameters: Tensors, config: CmmlConfig, folded: Folded): Tensor3D {
  const { count } = folded;
  const { encoder: state } = statesOf(config, folded.state);
  // The bound makes no difference to n ≥ 1 pairs, and keeps 0 / (0 + 0) from being no number.
  const confidence = div(count, maximum(add(count, config.contextShrinkage), 1));
  return mul(contextEncoders[config.encoder].context(parameters, config, { state, count }), confidence);
}

/** A task's state in its two parts; without a ridge head the encoder's is all. */
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

export const contextEncoders: Record<ContextEncoderKind, ContextEncoder> = {
  meanPool,
  maxPool,
  gru: gruEncoder,
  attention,
};

export const modulations: Record<ModulationKind, Modulation> = {
  linear,
  sigmoid: sigmoidGates,
  film,
  softModules,
};
