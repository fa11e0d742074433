import { describe, expect, test } from '@jest/globals';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { meanRoute, routeDistance } from '../../src/explanation/routes.ts';

/** Two items, two modules each for two targets, then one target. */
const explained = {
  'route.1': floatTensor([2, 2, 2], Float32Array.of(0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 0)),
  'route.2': floatTensor([2, 2, 1], Float32Array.of(0.5, 0.5, 0, 1)),
  ridge: floatTensor([2], Float32Array.of(1, 2)),
};

describe('a route', () => {
  test('is the mean over items, a module a row and a target a column, layer by layer', () => {
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

  test('lies from another by the mean absolute difference of their weights', () => {
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
