import { add, relu, squeeze, sub, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings } from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import type { TunedNetwork } from '../gradient-steps/tuned-network.ts';
import { declareDense, dense, layerNames, type Parts, product, reluNetwork } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { ConetConfig } from './conet-config.ts';

export type Tower = 'source' | 'target';

/** Returns the network of a CoNet. A task fine-tunes the target tower and the cross connections. */
export function conetNetwork(config: ConetConfig, schema: FeatureSchema): TunedNetwork {
  return {
    config,
    schema,
    parameters: declareConet(config, schema),
    layers: { ...declareTower('target', config, schema), ...declareCross(config) },
    score: (parameters, pairs) => scorePairs(parameters, config, pairs).target,
    explain: (parameters, pairs) => explainPairs(parameters, config, pairs),
  };
}

/** Declares all parameters of a CoNet: the trained ones, and the factors if the embedding uses factors. */
export function declareConet(config: ConetConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedConet(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings, towers and cross connections. */
export function declareTrainedConet(config: ConetConfig, schema: FeatureSchema): ParameterDeclarations {
  return {
    ...declareLearnedEmbeddings(config, schema),
    ...declareTower('source', config, schema),
    ...declareTower('target', config, schema),
    ...declareCross(config),
  };
}

/** Returns the names of the weights H of the cross connections, from the first hidden layer on. */
export function crossWeights({ targetWidths }: ConetConfig): string[] {
  return layerNames('cross', targetWidths.length - 1).map((name) => `${name}.weight`);
}

/** Returns the scores of both towers for the same pairs, each `[tasks, pairs]`. */
export function scorePairs(parameters: Tensors, config: ConetConfig, pairs: Parts): Record<Tower, Tensor2D> {
  const start = ofTowers((tower) => relu(dense(parameters, `${tower}.1`, pairs)));
  const last = crossWeights(config).reduce(
    (hidden, name, layer) => crossed(parameters, layer + 2, name, hidden),
    start,
  );
  return ofTowers((tower) => outputOf(parameters, tower, last[tower]));
}

/**
 * Returns the score of the `target` tower without cross connections, and what the `cross` connections change in it,
 * `[tasks, pairs]`. Their sum is the score.
 */
export function explainPairs(
  parameters: Tensors,
  config: ConetConfig,
  pairs: Parts,
): Record<'target' | 'cross', Tensor2D> {
  const names = layerNames('target', config.targetWidths.length);
  const alone = outputOf(parameters, 'target', relu(reluNetwork(parameters, names, pairs)));
  return { target: alone, cross: sub(scorePairs(parameters, config, pairs).target, alone) };
}

/**
 * Returns the next hidden layer of both towers. A tower's layer is `ReLU(W·a + b + H·a′)`, where a′ is the hidden layer
 * of the other tower and H is the same in both directions (arXiv 1804.06769, the cross connection unit).
 */
function crossed(
  parameters: Tensors,
  layer: number,
  cross: string,
  hidden: Record<Tower, Tensor3D>,
): Record<Tower, Tensor3D> {
  return ofTowers((tower) => {
    const own = dense(parameters, `${tower}.${layer}`, [hidden[tower]]);
    return relu(add(own, product(hidden[other[tower]], parameters[cross] as Tensor))) as Tensor3D;
  });
}

const other: Record<Tower, Tower> = { source: 'target', target: 'source' };

function ofTowers<Value>(of: (tower: Tower) => Value): Record<Tower, Value> {
  return { source: of('source'), target: of('target') };
}

function outputOf(parameters: Tensors, tower: Tower, hidden: Tensor3D): Tensor2D {
  return squeeze(dense(parameters, `${tower}.output`, [hidden]), [2]);
}

/** A unit after the first layer reads both towers, so its weights start smaller than those of one network. */
function declareTower(tower: Tower, config: ConetConfig, schema: FeatureSchema): ParameterDeclarations {
  const widths = config[`${tower}Widths`];
  const last = widths.at(-1) as number;
  const [first, ...rest] = layerNames(tower, widths.length) as [string, ...string[]];
  return {
    ...declareDense(first, [pairWidth(config, schema), widths[0] as number]),
    ...Object.assign(
      {},
      ...rest.map((name, at) => {
        const [inputs, outputs] = [widths[at] as number, widths[at + 1] as number];
        return declareDense(name, [inputs, outputs], { deviation: Math.sqrt(1 / inputs) });
      }),
    ),
    ...declareDense(`${tower}.output`, [last, 1], { deviation: Math.sqrt(1 / last) }),
  };
}

function declareCross(config: ConetConfig): ParameterDeclarations {
  const { targetWidths } = config;
  return Object.fromEntries(
    crossWeights(config).map((name, at) => {
      const [inputs, outputs] = [targetWidths[at] as number, targetWidths[at + 1] as number];
      return [name, { shape: [inputs, outputs], mean: 0, deviation: Math.sqrt(1 / inputs) }];
    }),
  );
}
