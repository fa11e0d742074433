import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { meanRoute, type RouteLayer, routeDistance, strongestPath } from '../../src/explanation/routes.ts';

/** Two items; two modules with two targets, then two modules with one target. */
const explained = {
  'route.1': floatTensor([2, 2, 2], Float32Array.of(0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 0)),
  'route.2': floatTensor([2, 2, 1], Float32Array.of(0.5, 0.5, 0, 1)),
  ridge: floatTensor([2], Float32Array.of(1, 2)),
};

describe('a route', () => {
  test('is the mean over items, with a row for each module and a column for each target, layer by layer', () => {
    expect(meanRoute(explained)).toEqual([
      {
        weights: [
          [0.5, 0.75],
          [0.5, 0.25],
        ],
      },
      { weights: [[0.25], [0.75]] },
    ]);
  });

  test('has a distance to another route: the mean absolute difference of their weights', () => {
    const a = [
      {
        weights: [
          [1, 0],
          [0, 1],
        ],
      },
      { weights: [[1], [0]] },
    ];
    const b = [
      {
        weights: [
          [0, 0],
          [1, 1],
        ],
      },
      { weights: [[0.5], [0.5]] },
    ];
    expect(routeDistance(a, a)).toBe(0);
    expect(routeDistance(a, b)).toBeCloseTo((1 + 0 + 1 + 0 + 0.5 + 0.5) / 6, 12);
    expect(routeDistance(b, a)).toBe(routeDistance(a, b));
  });
});

/** Enumerates all paths. */
function strongestOfAll(layers: readonly RouteLayer[]): number {
  const modules = layers.map(({ weights }) => weights.length);
  const follow = (path: readonly number[]): number => {
    if (path.length < modules.length) {
      return Math.max(...Array.from({ length: modules[path.length] as number }, (_, next) => follow([...path, next])));
    }
    return weightAlong(layers, path);
  };
  return follow([]);
}

/** The last layer has a single target. */
function weightAlong(layers: readonly RouteLayer[], path: readonly number[]): number {
  return layers.reduce(
    (product, { weights }, layer) => product * (weights[path[layer] as number]?.[path[layer + 1] ?? 0] as number),
    1,
  );
}

describe('strongestPath', () => {
  test('is not greedy: a weaker first step can lead to a stronger path', () => {
    const layers = [
      {
        weights: [
          [0.6, 0.2],
          [0.4, 0.8],
        ],
      },
      { weights: [[0.9], [0.1]] },
    ];
    expect(strongestPath(layers)).toEqual({ modules: [0, 0], weight: 0.6 * 0.9 });
    const turned = [
      {
        weights: [
          [0.1, 0.6],
          [0.2, 0.1],
        ],
      },
      { weights: [[0.9], [0.1]] },
    ];
    expect(strongestPath(turned)).toEqual({ modules: [1, 0], weight: 0.2 * 0.9 });
  });

  test('has the largest weight of all paths, for any route', () => {
    const weight = fc.double({ min: 0.01, max: 1, noNaN: true });
    const route = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([modules, depth]) => {
      const layer = (targets: number) =>
        fc
          .array(fc.array(weight, { minLength: targets, maxLength: targets }), {
            minLength: modules,
            maxLength: modules,
          })
          .map((weights) => ({ weights }));
      return fc.tuple(...Array.from({ length: depth }, (_, index) => layer(index === depth - 1 ? 1 : modules)));
    });
    fc.assert(
      fc.property(route, (layers) => {
        const path = strongestPath(layers);
        expect(path.modules).toHaveLength(layers.length);
        expect(path.weight).toBeCloseTo(strongestOfAll(layers), 12);
        expect(path.weight).toBeCloseTo(weightAlong(layers, path.modules), 12);
      }),
    );
  });

  test('chooses the path through the lowest modules if paths are equal', () => {
    const even = {
      weights: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    };
    expect(strongestPath([even, { weights: [[0.5], [0.5]] }]).modules).toEqual([0, 0]);
  });
});
