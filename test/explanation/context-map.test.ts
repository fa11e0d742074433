import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import type { ContextMapRequest } from '../../src/explanation/context-map.ts';
import { sampleTasks } from '../../src/explanation/sample-tasks.ts';
import { fieldsOf, idField } from '../../src/features/feature-schema.ts';
import { countsParameter } from '../../src/models/item-popularity.ts';
import { promoteModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import { type AdaptedModel, adaptModel } from '../../src/serving/adapted-model.ts';
import { openList } from '../../src/serving/recommendation-list.ts';
import { rating, smallCatalog } from '../support/small-dataset.ts';
import { serveUntrainedModel, untrainedModel } from '../support/test-model.ts';
import { explanationPlatform } from './explanation-platform.ts';

jest.setTimeout(120_000);

const { users, items } = smallCatalog(70, 20);
/** Users alternate between two tastes. The last user has no interactions. */
const interactions = users
  .slice(0, 69)
  .flatMap(({ id }, user) => [1, 2, 3].map((n) => rating(id, `i${2 * n + (user % 2)}`, user % 2 ? 5 : 1)));
const scenarios = ['a', 'b', 'c', 'd'].map((id, index) => ({
  id,
  title: id,
  items: index === 3 ? ['i18'] : [`i${2 + index}`, `i${5 + index}`],
}));
const ids = ['user', 'item'] as const;

describe('mapContexts', () => {
  const platform = explanationPlatform({ users, items, interactions, scenarios });
  const map = (more: Partial<ContextMapRequest> = {}) =>
    platform.explanations.mapContexts({ taskKind: 'USER', sample: 60, method: 'PCA', ...more });
  let version: number;

  beforeAll(async () => {
    version = await serveUntrainedModel(platform.database, 3, { ids: ['item'] });
  });

  test('has a point for each sampled task, with the size of its support set', async () => {
    const { modelVersionId, method, points, explainedVariance } = await map();
    expect({ modelVersionId, method }).toEqual({ modelVersionId: version, method: 'PCA' });
    expect(new Set(points.map(({ ownerId }) => ownerId)).size).toBe(60);
    expect(points.every(({ taskKind, supportSize }) => taskKind === 'USER' && supportSize === 3)).toBe(true);
    const [first, second] = explainedVariance as [number, number];
    expect(first).toBeGreaterThanOrEqual(second);
    expect(first + second).toBeLessThanOrEqual(1 + 1e-9);
  });

  test('leaves out users without interactions, and has fewer points if there are fewer tasks', async () => {
    const { points } = await map({ sample: 500 });
    expect(points).toHaveLength(69);
    const idle = await platform.database.user.findUniqueOrThrow({ where: { externalId: 'u70' } });
    expect(points.map(({ ownerId }) => ownerId)).not.toContain(idle.id);
  });

  test.each(['PCA', 'UMAP'] as const)('with %s, tasks of one taste are close to each other', async (method) => {
    const { points } = await map({ method });
    const rows = await platform.database.user.findMany();
    const tasteOf = new Map(rows.map(({ id, externalId }) => [id, Number(externalId.slice(1)) % 2]));
    for (const point of points) {
      const others = points
        .filter((other) => other !== point)
        .map((other) => ({ ...other, distance: Math.hypot(other.x - point.x, other.y - point.y) }))
        .sort((a, b) => a.distance - b.distance);
      expect(tasteOf.get(others[0]?.ownerId as number)).toBe(tasteOf.get(point.ownerId));
    }
  });

  test.each(['PCA', 'UMAP'] as const)('with %s, gives the same points each time', async (method) => {
    expect(await map({ method })).toEqual(await map({ method }));
  });

  test('a smaller sample is part of a larger one', async () => {
    const owners = async (sample: number) => (await map({ sample })).points.map(({ ownerId }) => ownerId);
    expect(await owners(10)).toEqual((await owners(40)).slice(0, 10));
  });

  test('a point is the context that the owner’s list uses', async () => {
    const session = await platform.session();
    const rows = await platform.database.user.findMany();
    const { platform: serving } = session;
    await serving.models.use(version, async (model) => {
      for await (const { ownerId, adaptation, user, item } of sampleTasks(session, model, 'USER', 5)) {
        const owner = rows.find(({ id }) => id === ownerId)?.externalId as string;
        const list = await openList(await platform.session(), { for: { user: owner } });
        const served = (await adaptModel(await platform.session(), model, 'USER', list)) as AdaptedModel;
        expect((await model.recommender.explain(adaptation, user, item)).context).toEqual(
          (await model.recommender.explain(served.adaptation, served.user, item)).context,
        );
      }
    });
    expect.assertions(5);
  });

  test('maps scenarios too', async () => {
    await serveUntrainedModel(platform.database, 5, {
      ids,
      taskKind: 'SCENARIO',
      support: 'positivesAndNegatives',
    });
    const { points } = await map({ taskKind: 'SCENARIO', sample: 3 });
    expect(points).toHaveLength(3);
    expect(points.map(({ supportSize }) => supportSize).every((size) => size > 30)).toBe(true);
  });

  test.each([2, 0, -1, 501])('refuses a sample of %i', async (sample) => {
    await expect(map({ sample })).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field: ['sample'] });
  });

  test('refuses a model without contexts, fewer than 3 tasks, and a missing model', async () => {
    const { schema } = await untrainedModel(platform.database, 1, { ids: ['item'] });
    const known = fieldsOf(schema, 'item').find(({ name }) => name === idField);
    const counts = new Float32Array((known?.vocabulary.length ?? 0) + 1);
    const artifact = {
      kind: 'itemPopularity',
      schema,
      config: {},
      parameters: { [countsParameter]: floatTensor([counts.length], counts) },
    };
    await promoteModelVersion(platform.database, await saveModelVersion(platform.database, 'USER', artifact, {}));
    await expect(map()).rejects.toMatchObject({
      code: 'NOTHING_TO_EXPLAIN',
      message: expect.stringContaining('of kind itemPopularity, which has no contexts'),
    });
    await serveUntrainedModel(platform.database, 3, { ids });
    await platform.database.interaction.deleteMany({
      where: { user: { externalId: { notIn: ['u1', 'u2'] } } },
    });
    await expect(map()).rejects.toMatchObject({
      code: 'NOTHING_TO_EXPLAIN',
      message: 'expected at least 3 tasks with interactions, found 2',
    });
    await platform.database.activeModel.deleteMany();
    await expect(map()).rejects.toMatchObject({ code: 'NOTHING_TO_EXPLAIN' });
  });
});
