import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../../src/engine/engine.ts';
import { declareCmml } from '../../../src/models/cmml/cmml-network.ts';
import { softModules } from '../../../src/models/cmml/soft-modules.ts';
import type { Recommender } from '../../../src/models/recommender.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { referenceRoutes } from './reference-modulations.ts';
import { weightsOf } from './reference-weights.ts';
import { encodedItems, encodedUsers, schema, smallModel } from './small-cmml.ts';
import { adapt, expectAllClose, itemRows, loadSmall, referenceScores, scoresOf, userRow } from './small-recommender.ts';

const variant = { modulation: 'softModules' } as const;
const { config, parameters } = smallModel(variant);
const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
const weights = weightsOf(parameters);
const user = 1;
const items = [3, 1, 0, 2];
const rated = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
];
const support = rated.map((pair) => ({ user, ...pair }));

describe.each(['onnx', 'wasm', 'cpu'] as const)('soft modules on %s', (name) => {
  let recommender: Recommender;
  let routes: HostTensors;
  beforeAll(async () => {
    recommender = await loadSmall(variant, name);
    const candidates = await itemRows(recommender, items);
    const adaptation = await adapt(recommender, user, rated);
    routes = await recommender.explain(adaptation, await userRow(recommender, user), candidates);
  });
  afterAll(() => recommender.dispose());

  test('match eq. 13, computed module by module', async () => {
    const scores = await scoresOf(recommender, user, await adapt(recommender, user, rated), items);
    expectAllClose(scores, referenceScores(variant, user, rated, items));
  });

  test('use the matrices of eq. 12', () => {
    for (const [at, item] of items.entries()) {
      const expected = referenceRoutes(weights, reference.hybrid(weights, { user, item }, support));
      for (const [layer, matrix] of expected.entries()) {
        const route = matrixAt(routes[`route.${layer + 1}`], at);
        expect(route).toHaveLength(matrix.length);
        for (const [module, row] of matrix.entries()) expectAllClose(route[module] as number[], row, 5);
      }
    }
  });

  test('have routes whose columns sum to 1', () => {
    // The explanation also has the context and the part of the ridge head.
    expect(Object.keys(routes)).toEqual(['route.1', 'route.2', 'route.3', 'context', 'ridge']);
    for (const route of ['route.1', 'route.2', 'route.3'].map((name) => routes[name])) {
      for (const at of items.keys()) {
        const matrix = matrixAt(route, at);
        const sums = matrix[0]?.map((_, target) => matrix.reduce((sum, row) => sum + (row[target] as number), 0));
        for (const sum of sums as number[]) expect(sum).toBeCloseTo(1, 5);
      }
    }
  });
});

describe('soft modules', () => {
  test('do not depend on the sizes of another modulation', () => {
    const other = { ...config, hyperWidths: [9], backboneWidths: [9, 9] };
    expect(declareCmml(other, schema)).toEqual(declareCmml(config, schema));
  });

  test('have the sizes of the paper by default: the number of weights equals the count by hand', () => {
    const paper = { ...config, softModules: { modules: 4, routeWidths: [128, 128], moduleWidths: [32, 32] } };
    const weightCounts = Object.entries(softModules.declare(paper, 256))
      .filter(([parameter]) => parameter.endsWith('.weight'))
      .map(([parameter, { shape }]) => [parameter, shape.reduce((product, size) => product * size)]);
    expect(Object.fromEntries(weightCounts)).toEqual({
      'route.1.weight': 256 * 128,
      'route.2.weight': 128 * 128,
      'route.1.head.weight': 128 * 16,
      'route.2.head.weight': 128 * 4,
      'modules.1.weight': 4 * 256 * 32,
      'modules.2.weight': 4 * 32 * 32,
      'output.weight': 32,
    });
  });
});

/** Returns the matrix of one pair as `[module][target]`. */
function matrixAt(tensor: HostTensors[string] | undefined, at: number): number[][] {
  const { shape, data } = tensor as HostTensors[string];
  const [, modules, targets] = shape as [number, number, number];
  return Array.from({ length: modules }, (_, module) => {
    const start = (at * modules + module) * targets;
    return [...data.slice(start, start + targets)];
  });
}
