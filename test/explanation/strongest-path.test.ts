import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RouteLayer } from '../../src/explanation/routes.ts';
import { strongestPath } from '../../src/explanation/strongest-path.ts';

/** Every path there is, tried one after another. */
function strongestOfAll(layers: readonly RouteLayer[]): number {
  const modules = layers.map(({ weights }) => weights.length);
  const follow = (path: readonly number[]): number => {
    if (path.length < modules.length) {
      return Math.max(
        ...Array.from({ length: modules[path.length] as number }, (_, next) => follow([...path, next])),
      );
    }
    return weightAlong(layers, path);
  };
  return follow([]);
}

/** The last layer has a single target. */
function weightAlong(layers: readonly RouteLayer[], path: readonly number[]): number {
  return layers.reduce(
    (product, { weights }, layer) =>
      product * (weights[path[layer] as number]?.[path[layer + 1] ?? 0] as number),
    1,
  );
}

describe('strongestPath', () => {
  test('is not the greedy one: a weaker first step may lead to a stronger path', () => {
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

  test('has the weight of the best of all paths, and is one of that weight, for any route', () => {
    const weight = fc.double({ min: 0.01, max: 1, noNaN: true });
    const route = fc
      .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .chain(([modules, depth]) => {
        const layer = (targets: number) =>
          fc
            .array(fc.array(weight, { minLength: targets, maxLength: targets }), {
              minLength: modules,
              maxLength: modules,
            })
            .map((weights) => ({ weights }));
        return fc.tuple(
          ...Array.from({ length: depth }, (_, index) => layer(index === depth - 1 ? 1 : modules)),
        );
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

  test('of equal paths takes the one through the first modules', () => {
    const even = {
      weights: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    };
    expect(strongestPath([even, { weights: [[0.5], [0.5]] }]).modules).toEqual([0, 0]);
  });
});
