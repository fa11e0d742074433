import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import type { ScenarioModelRequest } from '../../src/paper/scenario-model.ts';
import { meanOf, readScenarioRoutes } from '../../src/paper/scenario-routes.ts';
import { nearestOfSame, readTaskContexts } from '../../src/paper/task-contexts.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder } from '../model-benchmark/planted-folder.ts';

/** The planted folder has ten scenarios, of which two test. Without a GRU, a model is compiled in half the time. */
async function requestOf(model: string): Promise<ScenarioModelRequest> {
  const data = await folderWith(plantedFolder());
  const config = { encoder: 'meanPool' };
  const request = { taskKind: 'SCENARIO', data, seeds: 1, splitSeed: 1, epochs: 1, config } as const;
  return { request, model, engine: await openEngine('onnx') };
}

describe('readScenarioRoutes', () => {
  test('returns the route in each test scenario, whose weights sum to 1 for each target', async () => {
    const { routes, meanDistance } = await readScenarioRoutes(await requestOf('soft-paper'));
    expect(routes).toHaveLength(2);
    for (const { scenario, layers } of routes) {
      expect(scenario).toMatch(/^genre:Kind \d$/);
      for (const { weights } of layers) {
        const sums = (weights[0] ?? []).map((_, target) =>
          weights.reduce((sum, row) => sum + (row[target] as number), 0),
        );
        for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
      }
    }
    expect(meanDistance).toBeGreaterThan(0);
  });

  test('averages routes weight by weight', () => {
    const route = (a: number, b: number) => [{ weights: [[a], [b]] }];
    expect(meanOf([route(0, 1), route(1, 0), route(0.5, 0.5), route(0.5, 0.5)])).toEqual(route(0.5, 0.5));
  });
});

describe('readTaskContexts', () => {
  test('returns thirty points of each test scenario', async () => {
    const { points, explainedVariance, nearestByChance } = await readTaskContexts(await requestOf('se-dot'));
    const counts = new Map<string, number>();
    for (const { scenario } of points) counts.set(scenario, (counts.get(scenario) ?? 0) + 1);
    expect([...counts.values()]).toEqual([30, 30]);
    expect(new Set(points.map(({ x }) => x)).size).toBe(60);
    expect(explainedVariance[0]).toBeGreaterThanOrEqual(explainedVariance[1]);
    expect(nearestByChance).toBeCloseTo(29 / 59, 10);
  });

  test('counts the contexts whose nearest other one is of the same scenario', () => {
    const rows = [
      [0, 0],
      [0, 1],
      [9, 9],
      [9, 8],
      [0, 2.5],
    ];
    expect(nearestOfSame(rows, ['a', 'a', 'b', 'b', 'b'])).toBe(4 / 5);
  });
});
