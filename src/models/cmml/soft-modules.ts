import {
  add,
  matMul,
  relu,
  reshape,
  squeeze,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { declareDense, dense } from './dense.ts';
import type { Modulation } from './modulation.ts';
import { declareRouteNetwork, routeMatrices, routeProbabilities } from './route-network.ts';

/**
 * Soft modularization, CMML eqs. 12 and 13. Each layer of the base network is several modules side by side, and a
 * route network mixes their outputs for each pair: module i of layer l + 1 reads `Σⱼ pˡ[i, j] · MLPⱼ(oˡ[j])`. All modules
 * of the first layer read the pair itself; after the last layer one such mixture is left, which the output reads.
 */
export const softModules: Modulation = {
  declare({ softModules: config }, pairWidth) {
    const { moduleWidths } = config;
    return Object.assign(
      declareRouteNetwork(config, pairWidth),
      declareModules(config, pairWidth),
      declareDense('output', [moduleWidths.at(-1) as number, 1]),
    );
  },

  score(parameters, { softModules: { modules, ...config } }, hybrid, pairs) {
    const routes = routeProbabilities(parameters, { modules, ...config }, hybrid);
    // The modules of the first layer read the same, so that they are one layer, with their outputs side by side.
    const first = relu(dense(parameters, moduleLayer(0), pairs));
    const [tasks, count] = first.shape;
    const outputs = reshape(first, [tasks * count, modules, -1]) as Tensor3D;
    const mixed = routes.reduce<Tensor3D>(
      (vectors, route, index) =>
        matMul(route, index === 0 ? vectors : eachModule(parameters, index, vectors)),
      outputs,
    );
    return squeeze(dense(parameters, 'output', [reshape(mixed, [tasks, count, -1])]), [2]) as Tensor2D;
  },

  routes: (parameters, { softModules: config }, hybrid) => routeMatrices(parameters, config, hybrid),
};

function declareModules(
  { modules, moduleWidths }: CmmlConfig['softModules'],
  pairWidth: number,
): ParameterDeclarations {
  const [first, ...rest] = moduleWidths as [number, ...number[]];
  const later = rest.map((outputs, index): ParameterDeclarations => {
    const inputs = moduleWidths[index] as number;
    const name = moduleLayer(index + 1);
    return {
      [`${name}.weight`]: { shape: [modules, inputs, outputs], mean: 0, deviation: Math.sqrt(2 / inputs) },
      [`${name}.bias`]: { shape: [modules, 1, outputs], mean: 0, deviation: 0 },
    };
  });
  return Object.assign(declareDense(moduleLayer(0), [pairWidth, modules * first]), ...later);
}

/** Every module on a vector of its own: `[rows, modules, inputs]` to `[rows, modules, outputs]`. */
function eachModule(parameters: Tensors, index: number, vectors: Tensor3D): Tensor3D {
  const [weight, bias] = ['weight', 'bias'].map(
    (kind) => parameters[`${moduleLayer(index)}.${kind}`] as Tensor,
  );
  const byModule = transpose(vectors, [1, 0, 2]);
  const outputs = relu(add(matMul(byModule, weight as Tensor), bias as Tensor));
  return transpose(outputs, [1, 0, 2]) as Tensor3D;
}

/** `modules.1`, `modules.2`, … */
function moduleLayer(index: number): string {
  return `modules.${index + 1}`;
}
