import {
  add,
  matMul,
  relu,
  reshape,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense, pairCount } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { declareOutput, type Modulation, outputOf } from './modulation.ts';
import type { NetworkConfig } from './network-fields.ts';
import { declareRouteNetwork, routeProbabilities } from './route-network.ts';

/**
 * Soft modularization (CMML eqs. 12 and 13). Each layer of the base network consists of several modules side by side,
 * and a route network mixes their outputs for each pair: module i of layer l + 1 reads `Σⱼ pˡ[i, j] · MLPⱼ(oˡ[j])`. All
 * modules of the first layer read the pair itself. The modules of the last layer are mixed into one vector, which the
 * linear output reads.
 */
export const softModules: Modulation = {
  declare({ softModules: config }, pairWidth) {
    const { moduleWidths } = config;
    return Object.assign(
      declareRouteNetwork(config, pairWidth),
      declareModules(config, pairWidth),
      declareOutput(moduleWidths.at(-1) as number),
    );
  },

  score(parameters, { softModules: config }, hybrid, pairs) {
    // All modules of the first layer read the same vector, so they are one layer with their outputs side by side.
    const outputs = relu(dense(parameters, moduleLayer(1), pairs));
    const [tasks, count] = outputs.shape;
    const [first, ...rest] = routeProbabilities(parameters, config, hybrid, count).map(rowsOf) as [
      Tensor3D,
      ...Tensor3D[],
    ];
    const mixed = rest.reduce<Tensor3D>(
      (inputs, route, index) => matMul(route, eachModule(parameters, moduleLayer(index + 2), inputs)),
      matMul(first, reshape(outputs, [tasks * count, config.modules, -1]) as Tensor3D),
    );
    return outputOf(parameters, reshape(mixed, [tasks, count, -1]));
  },

  /**
   * Returns `route.1`, `route.2`, …: how the modules of each layer are mixed for the next layer, `[tasks, pairs,
   * modules, targets]`. Each column sums to 1.
   */
  explain(parameters, { softModules: config }, hybrid, pairs) {
    const routes = routeProbabilities(parameters, config, hybrid, pairCount(pairs));
    return Object.fromEntries(routes.map((route, layer) => [`route.${layer + 1}`, transpose(route, [0, 1, 3, 2])]));
  },
};

function declareModules(
  { modules, moduleWidths }: NetworkConfig['softModules'],
  pairWidth: number,
): ParameterDeclarations {
  const [first, ...rest] = moduleWidths as [number, ...number[]];
  const later = rest.map((outputs, index): ParameterDeclarations => {
    const inputs = moduleWidths[index] as number;
    const name = moduleLayer(index + 2);
    return {
      [`${name}.weight`]: { shape: [modules, inputs, outputs], mean: 0, deviation: Math.sqrt(2 / inputs) },
      [`${name}.bias`]: { shape: [modules, 1, outputs], mean: 0, deviation: 0 },
    };
  });
  return Object.assign(declareDense(moduleLayer(1), [pairWidth, modules * first]), ...later);
}

/** Reshapes `[tasks, pairs, …]` to `[tasks · pairs, …]`. */
function rowsOf(perPair: Tensor4D): Tensor3D {
  const [tasks, pairs, ...rest] = perPair.shape;
  return reshape(perPair, [tasks * pairs, ...rest]);
}

/** Runs each module on its own vector: from `[rows, modules, inputs]` to `[rows, modules, outputs]`. */
function eachModule(parameters: Tensors, name: string, vectors: Tensor3D): Tensor3D {
  const byModule = transpose(vectors, [1, 0, 2]);
  const linear = matMul(byModule, parameters[`${name}.weight`] as Tensor);
  const outputs = relu(add(linear, parameters[`${name}.bias`] as Tensor));
  return transpose(outputs, [1, 0, 2]) as Tensor3D;
}

/** Returns `modules.1`, `modules.2`, … */
function moduleLayer(layer: number): string {
  return `modules.${layer}`;
}
