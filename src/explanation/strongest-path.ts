import type { RouteLayer } from './routes.ts';

/** A way through the modules, a module of each layer, from 0. */
export interface RoutePath {
  readonly modules: readonly number[];
  /** The product of the weights along it. */
  readonly weight: number;
}

/**
 * The path with the largest product of weights, of equal ones that of the first modules. The strongest way on from a module
 * does not depend on how it was reached, so that one pass from the last layer to the first finds it (Viterbi 1967).
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
