import type { HostTensor, HostTensors } from '../engine/engine.ts';

/** One layer of a route: `weights[module][target]`. Each column sums to 1. */
export interface RouteLayer {
  readonly weights: readonly (readonly number[])[];
}

/** Returns the mean route of the items that a soft-modularization model explained, layer by layer. */
export function meanRoute(explained: HostTensors): RouteLayer[] {
  return layersNamed(explained, 'route').map(({ shape, data }) => {
    const [items, modules, targets] = shape as [number, number, number];
    const mean = (module: number, target: number) => {
      let sum = 0;
      for (let item = 0; item < items; item++) {
        sum += data[(item * modules + module) * targets + target] as number;
      }
      return sum / items;
    };
    return { weights: range(modules).map((module) => range(targets).map((target) => mean(module, target))) };
  });
}

/** Returns the mean absolute difference of the weights of two routes of one model, from 0 to 1. */
export function routeDistance(a: readonly RouteLayer[], b: readonly RouteLayer[]): number {
  const [first, second] = [weightsOf(a), weightsOf(b)];
  const sum = first.reduce((total, weight, index) => total + Math.abs(weight - (second[index] as number)), 0);
  return sum / first.length;
}

/** Returns the tensors `name.1`, `name.2`, … of an explanation, in this order. */
export function layersNamed(explained: HostTensors, name: string): HostTensor[] {
  const layers: HostTensor[] = [];
  for (let layer = 1; ; layer++) {
    const tensor = explained[`${name}.${layer}`];
    if (!tensor) return layers;
    layers.push(tensor);
  }
}

function weightsOf(layers: readonly RouteLayer[]): number[] {
  return layers.flatMap(({ weights }) => weights.flat());
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

/** A path through the network: one module of each layer, counted from 0. */
export interface RoutePath {
  readonly modules: readonly number[];
  /** The product of the weights along the path. */
  readonly weight: number;
}

/**
 * Returns the path with the largest product of weights; of equal paths, the one with the lowest modules. The strongest
 * path from a module onward does not depend on how the module was reached, so one pass from the last layer to the first
 * is enough (Viterbi 1967).
 */
export function strongestPath(layers: readonly RouteLayer[]): RoutePath {
  const last = layers.at(-1)?.weights[0]?.length ?? 0;
  let paths: RoutePath[] = Array.from({ length: last }, () => ({ modules: [], weight: 1 }));
  for (const { weights } of layers.toReversed()) {
    paths = weights.map((row, module) =>
      strongest(row.map((weight, target) => onward(module, weight, paths[target] as RoutePath))),
    );
  }
  return strongest(paths);
}

function onward(module: number, weight: number, path: RoutePath): RoutePath {
  return { modules: [module, ...path.modules], weight: weight * path.weight };
}

function strongest(paths: readonly RoutePath[]): RoutePath {
  return paths.reduce((best, path) => (path.weight > best.weight ? path : best));
}
