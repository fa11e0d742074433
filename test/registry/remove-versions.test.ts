import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { promoteByPerson, promoteByRule, rollBack, versionBefore } from '../../src/registry/promotion.ts';
import { promotionHistory } from '../../src/registry/promotion-history.ts';
import { decidePromotion } from '../../src/registry/promotion-rule.ts';
import { removeOldVersions } from '../../src/registry/remove-versions.ts';
import type { Metrics } from '../../src/registry/version-evaluation.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { TaskKind } from '../../src/tasks/training-data.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

jest.setTimeout(60_000);

describe('removing old versions', () => {
  const db = testDatabase();
  let artifact: ModelArtifact;
  let other: ModelArtifact;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 4)), { ratingScale: { minimum: 1, maximum: 5 } });
    artifact = await untrainedModel(db.database, 1);
    other = await untrainedModel(db.database, 1, { ids: ['item'] });
  });
  beforeEach(async () => {
    await db.database.activeModel.deleteMany();
    await db.database.trainingRun.deleteMany();
    await db.database.promotionDecision.deleteMany();
    await db.database.modelVersion.deleteMany();
    await db.database.featureSchema.deleteMany();
  });

  const save = async (metrics: Metrics = {}, taskKind: TaskKind = 'USER', of = artifact) => {
    const all = { value: metrics, unadapted: {}, active: {}, popularity: {} };
    const evaluation = { activeVersionId: null, overall: all, byHistory: [] };
    return (await saveModelVersion(db.database, taskKind, of, metrics, { evaluation })).id;
  };
  const several = async (count: number) => {
    const ids: number[] = [];
    for (let index = 0; index < count; index++) ids.push(await save());
    return ids;
  };
  const promote = (id: number | undefined) => promoteByPerson(db.database, id);
  const remove = (kept: number, taskKind: TaskKind = 'USER') => removeOldVersions(db.database, taskKind, kept);
  const stored = async () => (await db.database.modelVersion.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id);
  /** Moves all decisions this many hours into the past. */
  const pass = (hours: number) =>
    db.database
      .$executeRaw`UPDATE promotion_decisions SET decided_at = decided_at - make_interval(hours => ${hours}::int)`;
  const activeId = async () => (await db.database.activeModel.findFirst())?.modelVersionId ?? null;

  test('keeps the latest of each kind of task, and removes more than fit in one transaction', async () => {
    const scenario = await save({}, 'SCENARIO');
    const ids = await several(26);
    expect(await remove(3)).toEqual(ids.slice(0, -3));
    expect(await stored()).toEqual([scenario, ...ids.slice(-3)]);
    expect(await remove(3)).toEqual([]);
  });

  test('counts only inactive versions, and keeps the active one too', async () => {
    const [first, second, third, last] = (await several(4)) as [number, number, number, number];
    await promote(last);
    expect(await remove(2)).toEqual([first]);
    expect(await stored()).toEqual([second, third, last]);
  });

  test('keeps versions that are active, were active within a day, or are the target of a rollback', async () => {
    const ids = await several(6);
    const [a, b, c, d, e, f] = ids as [number, number, number, number, number, number];
    for (const id of [a, b, c, d]) await promote(id);
    expect(await remove(1)).toEqual([e]);
    await pass(25);
    expect(await remove(1)).toEqual([a, b]);
    expect(await stored()).toEqual([c, d, f]);
    expect((await rollBack(db.database, 'USER'))?.id).toBe(c);
    await expect(promote(a)).rejects.toMatchObject({ code: 'MODEL_VERSION_NOT_FOUND' });
    // The rule still compares with the versions that were rolled back, so they are kept.
    await pass(25);
    expect(await remove(1)).toEqual([]);
  });

  test('keeps decisions and the runs of removed versions', async () => {
    const [a, b, c, d] = (await several(4)) as [number, number, number, number];
    for (const id of [a, b, c]) await promote(id);
    await pass(25);
    const run = await db.database.trainingRun.create({
      data: { taskKind: 'USER', status: 'SUCCEEDED', config: {}, seed: 1, modelVersionId: a },
    });
    expect(await remove(1)).toEqual([a]);
    const decisions = await db.database.promotionDecision.findMany({ orderBy: { id: 'asc' } });
    expect(decisions).toMatchObject([
      { modelVersionId: a, previousVersionId: null },
      { modelVersionId: b, previousVersionId: a },
      { modelVersionId: c, previousVersionId: b },
    ]);
    const left = await db.database.trainingRun.findUniqueOrThrow({ where: { id: run.id } });
    expect(left).toMatchObject({ status: 'SUCCEEDED', modelVersionId: null });
    expect(await stored()).toEqual([b, c, d]);
  });

  test('does not roll back to a rolled-back version if the target has been removed', async () => {
    const [a, , b, , c, , d] = (await several(7)) as [number, number, number, number, number, number, number];
    for (const id of [a, b]) await promote(id);
    expect((await rollBack(db.database, 'USER'))?.id).toBe(a);
    for (const id of [c, d]) await promote(id);
    await pass(48);
    expect(await remove(5)).toEqual([a]);
    expect(await stored()).toContain(b);
    expect((await rollBack(db.database, 'USER'))?.id).toBe(c);
    expect(await rollBack(db.database, 'USER')).toBeNull();
  });

  test('lets this and later rollbacks skip removed versions', async () => {
    const [gone, a, b, c, d] = (await several(5)) as [number, number, number, number, number];
    for (const id of [a, b, gone, b, c, d]) await promote(id);
    await pass(48);
    expect(await remove(3)).toEqual([gone]);
    for (const id of [c, b, a]) expect((await rollBack(db.database, 'USER'))?.id).toBe(id);
    expect(await rollBack(db.database, 'USER')).toBeNull();
    await promote(d);
    expect(await rollBack(db.database, 'USER')).toBeNull();
  });

  test('keeps a version that was rolled back to no version, since it was active and the rule compares with it', async () => {
    const [a] = (await several(3)) as [number];
    await promote(a);
    await rollBack(db.database, 'USER');
    expect(await remove(2)).toEqual([]);
    await pass(25);
    expect(await remove(2)).toEqual([]);
    // Once another choice replaces the rollback, only the paging of its last lists keeps the version.
    await promote((await several(1))[0]);
    await pass(25);
    expect(await remove(2)).toContain(a);
  });

  test('removes only feature schemas without a version', async () => {
    await save({}, 'USER', other);
    await save();
    await save();
    expect(await db.database.featureSchema.count()).toBe(2);
    await remove(1);
    expect(await db.database.featureSchema.findMany()).toMatchObject([{ hash: artifact.schema.hash }]);
  });

  test('keeps a schema that a concurrent training publishes with', async () => {
    for (let round = 0; round < 10; round++) {
      await save({}, 'USER', other);
      await save();
      const publish = db.database.$transaction(async (transaction) => {
        const { id } = await saveModelVersion(transaction, 'USER', other, {});
        await transaction.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.02)`;
        return id;
      });
      const [id] = await Promise.all([publish, remove(1), remove(1)]);
      expect(await stored()).toContain(id);
    }
  });

  test('concurrent with a promotion, either promotes the version or reports that it does not exist', async () => {
    for (let round = 0; round < 20; round++) {
      const [id] = await several(2);
      const promoting = () =>
        promote(id).then(
          () => 'promoted',
          ({ code }: { code: string }) => code,
        );
      const removing = () => remove(1).then(() => '');
      const both = round % 2 === 0 ? [promoting, removing] : [removing, promoting];
      const said = (await Promise.all(both.map((work) => work()))).join('');
      expect(['promoted', 'MODEL_VERSION_NOT_FOUND']).toContain(said);
      expect((await stored()).includes(id as number)).toBe(said === 'promoted');
      if (said === 'promoted') expect(await activeId()).toBe(id);
    }
  });

  test('can remove the best version, with which the rule still compares', async () => {
    const chosen = await publish({ mae: 0.82 });
    const best = await publish({ mae: 0.78 });
    const others = [await publish({ mae: 0.8 }), await publish({ mae: 0.81 })];
    const active = await publish({ mae: 0.815 });
    const latest = await publish({ mae: 0.9 });
    expect(await activeId()).toBe(active);
    await pass(25);
    expect(await remove(1)).toEqual([best, others[0]]);
    expect(await stored()).toEqual([chosen, others[1], active, latest]);
    await publish({ mae: 0.82 });
    expect(await activeId()).toBe(active);
    expect(await db.database.promotionDecision.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
      promoted: false,
      activeValue: 0.78,
    });
  });

  test('never changes the target of a rollback or the decision of the rule', async () => {
    let removed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomSource(seed);
      const draw = (max: number) => uniformInt(random, 0, max);
      const ids: number[] = [];
      for (let step = 0; step < 14; step++) await act(ids, draw);
      await pass(25);
      const before = await consequences();
      removed += (await remove(1)).length;
      expect(await consequences()).toEqual(before);
      await db.database.activeModel.deleteMany();
      await db.database.promotionDecision.deleteMany();
      await db.database.modelVersion.deleteMany();
    }
    expect(removed).toBeGreaterThan(40);
  });

  /** Publishes a version, promotes one for an admin, or rolls back, at random. */
  async function act(ids: number[], draw: (max: number) => number): Promise<void> {
    const action = draw(9);
    if (action === 0) return void (await promote(ids[draw(Math.max(ids.length - 1, 0))]).catch(() => {}));
    if (action === 1) return void (await rollBack(db.database, 'USER').catch(() => {}));
    const metrics: Metrics =
      draw(4) === 0 ? { recall10: 0.3 + draw(9) / 100 } : { mae: 0.75 + draw(9) / 100, ndcg3: 0.7 };
    ids.push(await publish(metrics));
  }

  /** Publishes a version like a training run, with a margin of 5%. */
  async function publish(metrics: Metrics): Promise<number> {
    const where = { id: await save(metrics) };
    const version = await db.database.modelVersion.findUniqueOrThrow({ where });
    await db.database.$transaction(async (transaction) => {
      const versionId = await activeId();
      const measured = versionId === null ? null : { versionId, metrics: await metricsOf(versionId) };
      await promoteByRule(transaction, version, { metrics, measured, margin: 0.05 });
    });
    return version.id;
  }

  async function metricsOf(id: number): Promise<Metrics> {
    return (await db.database.modelVersion.findUniqueOrThrow({ where: { id } })).metrics as Metrics;
  }

  async function consequences(): Promise<unknown> {
    const versionId = await activeId();
    const history = await promotionHistory(db.database, 'USER');
    const stored = versionId === null ? {} : await metricsOf(versionId);
    // A new measurement of the active version can be better or worse than the stored one.
    const verdicts = [0.9, 1, 1.1].flatMap((change) => {
      const metrics = Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, value * change]));
      return candidates.map((candidate) => {
        const verdict = decidePromotion(candidate, versionId === null ? null : { versionId, metrics }, 0.05, history);
        return [verdict.promoted, verdict.activeValue, verdict.margin];
      });
    });
    return { target: await versionBefore(db.database, 'USER', versionId), verdicts };
  }
});

const candidates: readonly Metrics[] = [0.74, 0.77, 0.8, 0.83].flatMap((mae): Metrics[] => [
  { mae },
  { recall10: mae - 0.44 },
  { ndcg3: mae - 0.1 },
]);
