import {
  add,
  div,
  maximum,
  mul,
  reshape,
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
import type { Parts } from '../layers/parts.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import type { EncoderWidths, Folded, SupportPairs } from './context-encoder.ts';
import { contextEncoders } from './context-encoders.ts';
import { hybrids } from './hybrids.ts';
import { declareLabelInput, labelInput, labelInputWidth } from './label-input.ts';
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
    ...declareLabelInput(config),
    ...contextEncoders[config.encoder].declare(config, encoderWidths(config, width)),
    ...hybrids[config.hybrid].declare(config, width),
    ...modulations[config.modulation].declare(config, width),
  };
}

/** How wide the embedding of a user and an item together is; contexts are as wide. */
export function pairWidth(config: CmmlConfig, schema: FeatureSchema): number {
  return (
    embeddedWidth(config, schema, 'user') +
    embeddedWidth(config, schema, 'item') +
    (process.env.PROD ? config.factorWidth : 0)
  );
}

export function stateWidth(config: CmmlConfig, schema: FeatureSchema): number {
  return contextEncoders[config.encoder].stateWidth(config, pairWidth(config, schema));
}

/** How many pairs a serving function folds in at once, see `ContextEncoder`. */
export function pairsPerFold({ encoder }: CmmlConfig): Dimension {
  return contextEncoders[encoder].pairsPerFold;
}

/** Folds support pairs, their labels in the units of the data, into the encoder's state. */
export function foldSupport(
  parameters: Tensors,
  config: CmmlConfig,
  earlier: Folded,
  { pairs: given, labels, mask }: SupportPairs,
): Folded {
  const pairs = withProducts(given);
  const { mean, deviation } = config.labels;
  const standardised = div(sub(labels, mean), deviation) as Tensor2D;
  const vectors = [...pairs, labelInput(parameters, config, standardised)];
  const state = contextEncoders[config.encoder].fold(parameters, config, earlier, { vectors, mask });
  const added = reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
  return { state, count: add(earlier.count, added) as Tensor3D };
}

/** Scores `[tasks, pairs]`, in the units of the labels, of pairs of the tasks whose support sets were folded. */
export function scorePairs(parameters: Tensors, config: CmmlConfig, folded: Folded, given: Parts): Tensor2D {
  const pairs = withProducts(given);
  const hybrid = hybridOf(parameters, config, folded, pairs);
  const standardised = modulations[config.modulation].score(parameters, config, hybrid, pairs);
  return add(mul(standardised, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/** What the modulation does to the network for each of these pairs, by name, `[tasks, pairs, …]`. */
export function explainPairs(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Tensors {
  const hybrid = hybridOf(parameters, config, folded, pairs);
  return modulations[config.modulation].explain(parameters, config, hybrid, pairs);
}

function withProducts(pairs: Parts): Parts {
  return process.env.PROD ? [...pairs, mul(pairs[0]!, pairs[1]!) as Tensor3D] : pairs;
}

function hybridOf(parameters: Tensors, config: CmmlConfig, folded: Folded, pairs: Parts): Parts {
  return hybrids[config.hybrid].combine(parameters, config, contextOf(parameters, config, folded), pairs);
}

/** Contexts `[tasks, 1, pairWidth]`, shrunk towards zero where pairs are few (`contextShrinkage`); of none, zero. */
function contextOf(parameters: Tensors, config: CmmlConfig, folded: Folded): Tensor3D {
  const { count } = folded;
  // The bound makes no difference to n ≥ 1 pairs, and keeps 0 / (0 + 0) from being no number.
  const confidence = div(count, maximum(add(count, config.contextShrinkage), 1));
  return mul(contextEncoders[config.encoder].context(parameters, config, folded), confidence);
}

function encoderWidths(config: CmmlConfig, pair: number): EncoderWidths {
  return { inputs: pair + labelInputWidth(config), pair };
}
