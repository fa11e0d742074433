import { describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, scalarTensor } from '../../../src/engine/host-tensor.ts';
import { routeFunction, scoreFunction } from '../../../src/models/cmml/cmml-functions.ts';
import { declareCmml } from '../../../src/models/cmml/cmml-network.ts';
import { loadCmml } from '../../../src/models/cmml/cmml-recommender.ts';
import { softModules } from '../../../src/models/cmml/soft-modules.ts';
import { selectRows } from '../../support/select-rows.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { referenceRoutes } from './reference-modulations.ts';
import { weightsOf } from './reference-weights.ts';
import { encodedItems, encodedUsers, schema, smallModel } from './small-cmml.ts';

const { config, parameters } = smallModel('softModules');
const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
const weights = weightsOf(parameters);
const user = 1;
const items = [3, 1, 0, 2];
const support = [
  { user, item: 2, label: 4 },
  { user, item: 0, label: 1 },
];

describe.each(['onnx', 'wasm', 'cpu'] as const)('soft modules on %s', (name) => {
  async function run({ fn, inputs }: ReturnType<typeof scoreFunction>): Promise<HostTensors> {
    const engine = await openEngine(name);
    const recommender = await loadCmml({ kind: 'cmml', config, schema, parameters }, engine);
    const users = await recommender.embedUsers(selectRows(encodedUsers, [user]));
    const seen = support.map(({ item }) => item);
    const { state, pairs } = await recommender.adapt({
      users,
      items: await recommender.embedItems(selectRows(encodedItems, seen)),
      labels: Float32Array.from(support, ({ label }) => label),
    });
    const candidates = await recommender.embedItems(selectRows(encodedItems, items));
    const compiled = await engine.compile({ fn, parameters, inputs });
    const output = await compiled.run({
      state: floatTensor([state.length], state),
      count: scalarTensor(pairs),
      user: floatTensor([users.width], users.data),
      items: floatTensor([items.length, candidates.width], candidates.data),
    });
    compiled.dispose();
    recommender.dispose();
    return output;
  }

  test('score as eq. 13 does, module by module', async () => {
    const { scores } = await run(scoreFunction(config, schema));
    for (const [at, item] of items.entries()) {
      expect(scores?.data[at]).toBeCloseTo(reference.score(weights, { user, item }, support), 4);
    }
  });

  test('are mixed by the matrices of eq. 12', async () => {
    const routes = await run(routeFunction(config, schema));
    for (const [at, item] of items.entries()) {
      const expected = referenceRoutes(weights, reference.hybrid(weights, { user, item }, support));
      for (const [layer, matrix] of expected.entries()) {
        const route = matrixAt(routes[`route.${layer + 1}`], at);
        expect(route).toHaveLength(matrix.length);
        for (const [module, row] of matrix.entries()) {
          for (const [target, value] of row.entries()) expect(route[module]?.[target]).toBeCloseTo(value, 5);
        }
      }
    }
  });

  test('give all of what a module of the next layer reads: columns sum to 1', async () => {
    const routes = await run(routeFunction(config, schema));
    expect(Object.keys(routes)).toEqual(['route.1', 'route.2', 'route.3']);
    for (const route of Object.values(routes)) {
      for (const at of items.keys()) {
        const matrix = matrixAt(route, at);
        const sums = matrix[0]?.map((_, target) =>
          matrix.reduce((sum, row) => sum + (row[target] as number), 0),
        );
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

  test("have the paper's sizes unless told otherwise: as many weights as the count by hand", () => {
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

/** The matrix of one pair as `[module][target]`. */
function matrixAt(tensor: HostTensors[string] | undefined, at: number): number[][] {
  const { shape, data } = tensor as HostTensors[string];
  const [, modules, targets] = shape as [number, number, number];
  return Array.from({ length: modules }, (_, module) => {
    const start = (at * modules + module) * targets;
    return [...data.slice(start, start + targets)];
  });
}
