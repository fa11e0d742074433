import { relu, reshape, softmax, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, declareNetwork, dense, layerNames, type Parts, perPair } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { NetworkConfig } from './network-fields.ts';

type SoftModulesConfig = NetworkConfig['softModules'];

/**
 * Declares the route network of CMML eq. 12, which reads the hybrid context. It has one hidden layer with a head for
 * each layer of the base network. The head decides how the modules of that layer are mixed for the next layer. The last
 * head mixes them into the one vector that the output reads.
 */
export function declareRouteNetwork(config: SoftModulesConfig, pairWidth: number): ParameterDeclarations {
  const names = layerNames('route', config.routeWidths.length);
  const heads = config.routeWidths.map((width, index) =>
    declareDense(headOf(names[index] as string), [width, targetsOf(config, index) * config.modules], {
      // Routes start almost even, so that every module gets its share of the gradient.
      deviation: 0.01,
    }),
  );
  return Object.assign(declareNetwork(names, [pairWidth, ...config.routeWidths]), ...heads);
}

/**
 * Returns the probabilities `p` of CMML eq. 12 for each layer, `[tasks, pairs, targets, modules]`. `p[i, j]` is the
 * share of module j in the input of target i, and sums to 1 over j. If pairs share their context, they are computed
 * once.
 *
 * The text around eq. 12 calls i the module that writes and j the module that reads. But its softmax runs over the j
 * that eq. 13 sums over, as in the work that it follows (Yang et al. 2020). A last layer with one target requires that,
 * too.
 */
export function routeProbabilities(
  parameters: Tensors,
  config: SoftModulesConfig,
  hybrid: Parts,
  pairs: number,
): Tensor4D[] {
  return routeLogits(parameters, config, hybrid).map((logits, index) => {
    const [tasks, count] = logits.shape;
    const shape = [tasks, count, targetsOf(config, index), config.modules] as const;
    return perPair(softmax(reshape(logits, [...shape]) as Tensor4D), pairs);
  });
}

/** Returns `σ` of CMML eq. 12 for each layer, `[tasks, pairs, targets · modules]`. */
function routeLogits(parameters: Tensors, { routeWidths }: SoftModulesConfig, hybrid: Parts): Tensor3D[] {
  let hidden = hybrid;
  return layerNames('route', routeWidths.length).map((name) => {
    hidden = [relu(dense(parameters, name, hidden))];
    return dense(parameters, headOf(name), hidden);
  });
}

/** Returns the number of modules of the next layer, or 1 (the output) after the last layer. */
function targetsOf({ modules, routeWidths }: SoftModulesConfig, index: number): number {
  return index === routeWidths.length - 1 ? 1 : modules;
}

function headOf(name: string): string {
  return `${name}.head`;
}
