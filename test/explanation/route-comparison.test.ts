import { beforeAll, describe, expect, test } from '@jest/globals';
import type { RouteExplanation } from '../../src/explanation/modulation-explanation.ts';
import type { TaskName } from '../../src/explanation/route-comparison.ts';
import type { CmmlConfigInput } from '../../src/models/cmml/cmml-config.ts';
import { smallCatalog } from '../support/small-dataset.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { explanationPlatform } from './explanation-platform.ts';

const scenarios = [
  { id: 's1', title: 'First', items: ['i1', 'i2', 'i3', 'i4'] },
  { id: 's2', title: 'Second', items: ['i5', 'i6', 'i7', 'i8'] },
  { id: 'empty', title: 'Empty', items: ['i19'] },
];
const ids = ['user', 'item'] as const;
const soft: CmmlConfigInput = {
  modulation: 'softModules',
  softModules: { modules: 3, routeWidths: [8, 8], moduleWidths: [4, 4] },
};

describe('compareRoutes', () => {
  const platform = explanationPlatform({ ...smallCatalog(5, 20), scenarios });
  const compare = (...tasks: TaskName[]) => platform.explanations.compareRoutes(tasks);
  let version: number;

  beforeAll(async () => {
    await platform.record('u1', 'i1', 'RATE', 5);
    await platform.record('u1', 'i4', 'RATE', 1);
    await platform.record('u2', 'i2', 'RATE', 1);
    await platform.record('u2', 'i6', 'RATE', 4);
    await platform.record('u3', 'i7');
    version = await serveUntrainedModel(platform.database, 3, { ids, config: soft });
  });

  test('returns a route for each task in the given order, and the distances between them', async () => {
    const { modelVersionId, routes, distances } = await compare({ user: 'u2' }, { user: 'u1' }, { user: 'u2' });
    expect(modelVersionId).toBe(version);
    const owners = await platform.database.user.findMany({ where: { externalId: { in: ['u1', 'u2'] } } });
    const idOf = (externalId: string) => owners.find((owner) => owner.externalId === externalId)?.id;
    expect(routes.map(({ taskKind, ownerId }) => [taskKind, ownerId])).toEqual(
      ['u2', 'u1', 'u2'].map((user) => ['USER', idOf(user)]),
    );
    expect(distances[0]?.[2]).toBe(0);
    expect(distances.map((row, index) => row[index])).toEqual([0, 0, 0]);
    expect(distances[0]?.[1]).toBeGreaterThan(0);
    expect(distances[0]?.[1]).toBe(distances[1]?.[0]);
    expect(routes[0]).toEqual(routes[2]);
  });

  test('a task’s route is the mean over the items recommended to it', async () => {
    const { routes } = await compare({ user: 'u1' });
    const items = [...(await platform.list({ for: { user: 'u1' } })).keys()];
    const explained = await Promise.all(
      items.map((item) => platform.explanations.explainRecommendation({ for: { user: 'u1' }, item })),
    );
    const layersOf = explained.map(({ modulation }) => (modulation as RouteExplanation).layers);
    for (const [layer, { weights }] of routes[0]?.layers.entries() ?? []) {
      for (const [module, targets] of weights.entries()) {
        for (const [target, weight] of targets.entries()) {
          const each = layersOf.map((layers) => layers[layer]?.weights[module]?.[target] as number);
          expect(weight).toBeCloseTo(each.reduce((sum, value) => sum + value) / each.length, 5);
        }
      }
    }
  });

  test('a scenario’s route is that of its pool for a visitor without history', async () => {
    const scenarioVersion = await serveUntrainedModel(platform.database, 5, {
      ids,
      config: soft,
      taskKind: 'SCENARIO',
      support: 'positives',
    });
    const { modelVersionId, routes, distances } = await compare({ scenario: 's1' }, { scenario: 's2' });
    expect(modelVersionId).toBe(scenarioVersion);
    expect(routes.map(({ taskKind }) => taskKind)).toEqual(['SCENARIO', 'SCENARIO']);
    expect(distances[0]?.[1]).toBeGreaterThan(0);
    for (const { layers } of routes) {
      for (const { weights } of layers) {
        const sums = (weights[0] as readonly number[]).map((_, target) =>
          weights.reduce((sum, module) => sum + (module[target] as number), 0),
        );
        for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
      }
    }
  });

  test.each<[string, TaskName[], string]>([
    ['no tasks', [], 'BAD_USER_INPUT'],
    ['more than 20 tasks', Array.from({ length: 21 }, () => ({ user: 'u1' })), 'BAD_USER_INPUT'],
    ['tasks of both kinds', [{ user: 'u1' }, { scenario: 's1' }], 'BAD_USER_INPUT'],
    ['an unknown user', [{ user: 'u1' }, { user: 'nobody' }], 'USER_NOT_FOUND'],
    ['an unknown scenario', [{ scenario: 'nowhere' }], 'SCENARIO_NOT_FOUND'],
    ['a user who did nothing', [{ user: 'u1' }, { user: 'u5' }], 'NOTHING_TO_EXPLAIN'],
    ['a scenario in which nothing happened', [{ scenario: 'empty' }], 'NOTHING_TO_EXPLAIN'],
  ])('refuses %s', async (_what, tasks, code) => {
    await expect(compare(...tasks)).rejects.toMatchObject({ code });
  });

  test('refuses a model without routes and names its modulation, and refuses a missing model', async () => {
    await serveUntrainedModel(platform.database, 6, { ids });
    await expect(compare({ user: 'u1' })).rejects.toMatchObject({
      code: 'NOTHING_TO_EXPLAIN',
      message: expect.stringContaining('the modulation film'),
    });
    await platform.database.activeModel.deleteMany();
    await expect(compare({ user: 'u1' })).rejects.toMatchObject({
      code: 'NOTHING_TO_EXPLAIN',
      message: 'there is no active model for user tasks',
    });
  });
});
