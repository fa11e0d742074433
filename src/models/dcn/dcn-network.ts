import { add, mul, relu, split, squeeze, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings } from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import type { TunedNetwork } from '../gradient-steps/tuned-network.ts';
import { declareDense, declareNetwork, dense, joined, layerNames, type Parts, product } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { DcnConfig } from './dcn-config.ts';

/** Returns the network of a DCN. DCN-F fine-tunes all layers. */
export function dcnNetwork(config: DcnConfig, schema: FeatureSchema): TunedNetwork {
  return {
    config,
    schema,
    parameters: declareDcn(config, schema),
    layers: declareLayers(config, schema),
    score: (parameters, pairs) => scorePairs(parameters, config, pairs),
    explain: (parameters, pairs) => explainPairs(parameters, config, pairs),
  };
}

/** Declares all parameters of a DCN: the trained ones, and the factors if the embedding uses factors. */
export function declareDcn(config: DcnConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedDcn(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings and layers. */
export function declareTrainedDcn(config: DcnConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareLearnedEmbeddings(config, schema), ...declareLayers(config, schema) };
}

/** Declares all trained parameters except the embeddings. */
export function declareLayers(config: DcnConfig, schema: FeatureSchema): ParameterDeclarations {
  const { projectionWidth, deepWidths } = config;
  const pair = pairWidth(config, schema);
  const width = projectionWidth ?? pair;
  const output = width + (deepWidths.at(-1) as number);
  return {
    ...(projectionWidth !== null && declareDense('projection', [pair, width], { deviation: Math.sqrt(1 / pair) })),
    ...Object.assign({}, ...crossNames(config).map((name) => declareCross(name, width))),
    ...declareNetwork(deepNames(config), [width, ...deepWidths]),
    ...declareDense('output', [output, 1], { deviation: Math.sqrt(1 / output) }),
  };
}

/** Returns the scores `[tasks, pairs]`, in the units of the labels. */
export function scorePairs(parameters: Tensors, config: DcnConfig, pairs: Parts): Tensor2D {
  const { cross, deep } = lastLayers(parameters, config, pairs);
  const score = squeeze(dense(parameters, 'output', [cross, deep]), [2]);
  return add(mul(score, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * Returns the contributions of the `cross` part, the `deep` part and the `bias`, `[tasks, pairs]`. Their sum is the
 * score.
 */
export function explainPairs(
  parameters: Tensors,
  config: DcnConfig,
  pairs: Parts,
): Record<'cross' | 'deep' | 'bias', Tensor2D> {
  const { cross, deep } = lastLayers(parameters, config, pairs);
  const weight = parameters['output.weight'] as Tensor;
  const [crossWeight, deepWeight] = split(weight, [cross.shape[2], deep.shape[2]], 0) as [Tensor, Tensor];
  const { mean, deviation } = config.labels;
  const contribution = (hidden: Tensor3D, weights: Tensor) =>
    mul(squeeze(product(hidden, weights), [2]), deviation) as Tensor2D;
  const fromCross = contribution(cross, crossWeight);
  const bias = add(mul(parameters['output.bias'] as Tensor, deviation), mean);
  return { cross: fromCross, deep: contribution(deep, deepWeight), bias: add(mul(fromCross, 0), bias) };
}

/**
 * Returns the last cross layer and the last deep layer, `[tasks, pairs, width]`. The output reads both side by side.
 */
function lastLayers(parameters: Tensors, config: DcnConfig, pairs: Parts): Record<'cross' | 'deep', Tensor3D> {
  const input = config.projectionWidth === null ? joined(pairs) : dense(parameters, 'projection', pairs);
  const cross = crossNames(config).reduce((x, name) => crossLayer(parameters, name, input, x), input);
  const deep = deepNames(config).reduce((x, name) => relu(dense(parameters, name, [x])), input);
  return { cross, deep };
}

/**
 * Returns `x₍ₗ₊₁₎ = x₀·(xₗᵀwₗ) + bₗ + xₗ` (arXiv 1708.05123, eq. 3). It raises the degree of feature products by one.
 */
function crossLayer(parameters: Tensors, name: string, first: Tensor3D, x: Tensor3D): Tensor3D {
  const crossed = mul(first, product(x, parameters[`${name}.weight`] as Tensor));
  return add(add(crossed, parameters[`${name}.bias`] as Tensor), x);
}

function declareCross(name: string, width: number): ParameterDeclarations {
  return {
    [`${name}.weight`]: { shape: [width, 1], mean: 0, deviation: Math.sqrt(1 / width) },
    [`${name}.bias`]: { shape: [width], mean: 0, deviation: 0 },
  };
}

function crossNames({ crossLayers }: DcnConfig): string[] {
  return layerNames('cross', crossLayers);
}

function deepNames({ deepWidths }: DcnConfig): string[] {
  return layerNames('deep', deepWidths.length);
}
