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
  zeros,
} from '@tensorflow/tfjs-core';
import type { Dimension, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { itemPart, pairWidth } from '../embedding/pair-embedding.ts';
import { withoutGradient } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { attention } from './attention.ts';
import type { CmmlConfig, ContextEncoderKind } from './cmml-config.ts';
import {
  type ContextEncoder,
  declareLabelInput,
  type Folded,
  labelInput,
  labelInputWidth,
  type SupportPairs,
} from './context-encoder.ts';
import { gruEncoder } from './gru-encoder.ts';
import { maxPool } from './max-pool.ts';
import { meanPool } from './mean-pool.ts';
import { foldRidge, ridgeStateWidth } from './ridge-head.ts';

/** What the scores of pairs depend on of their tasks. */
export interface TaskContext {
  /** `[tasks, 1, pairWidth]`. */
  readonly context: Tensor3D;
  /** The states of the ridge head, `[tasks, 1, ridgeStateWidth]`. Absent without one. */
  readonly ridge?: Tensor3D;
}

/** Declares the context encoder, and the network that embeds labels for it. */
export function declareTaskContext(config: CmmlConfig, schema: FeatureSchema): ParameterDeclarations {
  const pair = pairWidth(config, schema);
  const widths = { inputs: pair + labelInputWidth(config), pair };
  return { ...declareLabelInput(config), ...contextEncoders[config.encoder].declare(config, widths) };
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

/** Returns the states of tasks without support pairs. */
export function nothingFolded(config: CmmlConfig, schema: FeatureSchema, tasks: number): Folded {
  const state = zeros([tasks, 1, stateWidth(config, schema)]) as Tensor3D;
  return { state, count: zeros([tasks, 1, 1]) as Tensor3D };
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
  const support = { items: itemPart(pairs), labels: standardized, mask };
  const state = ridge ? concat([folded, foldRidge(parameters, ridge, support)], 2) : folded;
  const added = reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
  return { state, count: add(earlier.count, added) as Tensor3D };
}

/**
 * Returns the contexts of folded support sets, shrunk towards zero if these are small (`contextShrinkage`). The context
 * of an empty support set is zero.
 */
export function taskContext(parameters: Tensors, config: CmmlConfig, { state, count }: Folded): TaskContext {
  const { encoder, ridge } = statesOf(config, state);
  // The lower bound has no effect for n ≥ 1 pairs. It prevents 0 / (0 + 0).
  const confidence = div(count, maximum(add(count, config.contextShrinkage), 1));
  const context = contextEncoders[config.encoder].context(parameters, config, { state: encoder, count });
  return { context: mul(context, confidence), ...(ridge && { ridge }) };
}

/** Splits a task's state into its two parts. Without a ridge head, the whole state is the encoder's. */
function statesOf({ ridgeWidth }: CmmlConfig, state: Tensor3D): { encoder: Tensor3D; ridge?: Tensor3D } {
  if (ridgeWidth === 0) return { encoder: state };
  const width = ridgeStateWidth(ridgeWidth);
  const [encoder, ridge] = split(state, [state.shape[2] - width, width], 2) as [Tensor3D, Tensor3D];
  return { encoder, ridge };
}

const contextEncoders: Record<ContextEncoderKind, ContextEncoder> = {
  meanPool,
  maxPool,
  gru: gruEncoder,
  attention,
};
