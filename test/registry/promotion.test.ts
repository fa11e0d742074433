import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { type ModelVersionSummary, saveModelVersion } from '../../src/registry/model-registry.ts';
import { decisionsOfVersions, promoteByPerson, promoteByRule, rollBack } from '../../src/registry/promotion.ts';
import { evaluationOf, type VersionEvaluation } from '../../src/registry/version-evaluation.ts';
import type { TaskKind } from '../../src/tasks/training-data.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

describe('promotion', () => {
  const db = testDatabase();
  let artifact: ModelArtifact;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 4)), { ratingScale: { minimum: 1, maximum: 5 } });
    artifact = await untrainedModel(db.database, 1);
  });
  beforeEach(async () => {
    await db.database.activeModel.deleteMany();
    await db.database.promotionDecision.deleteMany();
  });

  const save = (taskKind: TaskKind = 'USER', evaluation?: VersionEvaluation) =>
    saveModelVersion(db.database, taskKind, artifact, {}, evaluation ? { evaluation } : {});
  const several = async (count: number) => {
    const versions: number[] = [];
    for (let index = 0; index < count; index++) versions.push((await save()).id);
    return versions;
  };
  const active = async (taskKind: TaskKind = 'USER') =>
    (await db.database.activeModel.findUnique({ where: { taskKind } }))?.modelVersionId;
  const promote = (id: number | undefined) => promoteByPerson(db.database, id);
  const log = async () => {
    const decisions = await db.database.promotionDecision.findMany({ orderBy: { id: 'asc' } });
    return decisions.map(({ modelVersionId, previousVersionId }) => [previousVersionId, modelVersionId]);
  };

  test('by an admin activates a version, and records the decider, the reason and the previous version', async () => {
    const [a, b] = (await several(2)) as [number, number];
    await promoteByPerson(db.database, a, 'It is the first.');
    expect((await promote(b)).id).toBe(b);
    expect(await active()).toBe(b);
    expect(await db.database.promotionDecision.findMany({ orderBy: { id: 'asc' } })).toMatchObject([
      {
        modelVersionId: a,
        previousVersionId: null,
        decidedBy: 'PERSON',
        promoted: true,
        reason: 'It is the first.',
      },
      {
        modelVersionId: b,
        previousVersionId: a,
        decidedBy: 'PERSON',
        promoted: true,
        reason: 'Promoted manually.',
      },
    ]);
  });

  test('of the active version changes and records nothing', async () => {
    const [a] = (await several(1)) as [number];
    await promote(a);
    expect((await promote(a)).id).toBe(a);
    expect(await log()).toEqual([[null, a]]);
  });

  test.each([undefined, 2 ** 31 - 1])('of the unknown ID %p changes nothing', async (id) => {
    await expect(promote(id)).rejects.toMatchObject({
      code: 'MODEL_VERSION_NOT_FOUND',
      field: ['modelVersion'],
    });
    expect(await log()).toEqual([]);
  });

  test.each(['x'.repeat(1001), 'a\0b', '\ud800'])('refuses a reason that cannot be stored', async (reason) => {
    const [a] = (await several(1)) as [number];
    const refused = { code: 'BAD_USER_INPUT', field: ['reason'] };
    await expect(promoteByPerson(db.database, a, reason)).rejects.toMatchObject(refused);
    await expect(rollBack(db.database, 'USER', reason)).rejects.toMatchObject(refused);
  });

  test('happens one after the other for concurrent calls, each with the right previous version', async () => {
    const versions = await several(6);
    await Promise.all(versions.map(promote));
    const decisions = await log();
    expect(decisions.map(([, id]) => id).sort()).toEqual([...versions].sort());
    expect(decisions.map(([previous]) => previous)).toEqual([null, ...decisions.slice(0, -1).map(([, id]) => id)]);
    expect(await active()).toBe(decisions.at(-1)?.[1]);
    const times = await db.database.promotionDecision.findMany({ orderBy: { id: 'asc' } });
    for (const [index, { decidedAt }] of times.entries()) {
      expect(decidedAt.getTime()).toBeGreaterThanOrEqual(times[index - 1]?.decidedAt.getTime() ?? 0);
    }
  });

  describe('rollback', () => {
    /** `null` if no version is active afterwards. */
    const back = async () => (await rollBack(db.database, 'USER'))?.id ?? null;
    const noneActive = { code: 'MODEL_VERSION_NOT_FOUND', field: ['taskKind'] };

    test('activates the previous version, one step further each time, until no version is active', async () => {
      const [a, b, c] = (await several(3)) as [number, number, number];
      for (const id of [a, b, c]) await promote(id);
      expect(await back()).toBe(b);
      expect(await active()).toBe(b);
      expect(await back()).toBe(a);
      expect(await back()).toBeNull();
      expect(await active()).toBeUndefined();
      await expect(back()).rejects.toMatchObject(noneActive);
      expect((await log()).slice(3)).toEqual([
        [c, b],
        [b, a],
        [a, a],
      ]);
    });

    test('to no version is a decision on the version that was active, which did not promote it', async () => {
      const [a] = (await several(1)) as [number];
      await promote(a);
      expect(await rollBack(db.database, 'USER', 'Worse than popularity.')).toBeNull();
      const [decisions] = await decisionsOfVersions(db.database, [a]);
      expect(decisions).toMatchObject([
        {
          promoted: false,
          rollback: true,
          decidedBy: 'PERSON',
          previousVersionId: a,
          reason: 'Worse than popularity.',
        },
        { promoted: true, rollback: false },
      ]);
    });

    test('after a rollback to no version goes back to versions promoted since then only', async () => {
      const [a, b, c] = (await several(3)) as [number, number, number];
      await promote(a);
      expect(await back()).toBeNull();
      for (const id of [b, a, c]) await promote(id);
      expect(await back()).toBe(a);
      expect(await back()).toBe(b);
      expect(await back()).toBeNull();
    });

    test('goes back from a later promotion to the version active before it, not to an undone one', async () => {
      const [a, b, c, d] = (await several(4)) as [number, number, number, number];
      for (const id of [a, b, c]) await promote(id);
      await back();
      await promote(d);
      expect(await back()).toBe(b);
      expect(await back()).toBe(a);
    });

    test('distinguishes a version promoted again from one rolled back to', async () => {
      const [a, b] = (await several(2)) as [number, number];
      for (const id of [a, b, a]) await promote(id);
      expect(await back()).toBe(b);
      expect(await back()).toBe(a);
      expect(await back()).toBeNull();
    });

    test('ignores versions that the rule did not promote', async () => {
      const [a, b] = (await several(2)) as [number, number];
      const worse = await save();
      await promote(a);
      await promoteByRule(db.database, worse, {
        metrics: { mae: 2 },
        measured: { versionId: a, metrics: { mae: 1 } },
        margin: 0.01,
      });
      await promote(b);
      expect(await back()).toBe(a);
      expect(await back()).toBeNull();
    });

    test('knows the version that was active before decisions were recorded', async () => {
      const [a, b] = (await several(2)) as [number, number];
      await db.database.activeModel.create({ data: { taskKind: 'USER', modelVersionId: a } });
      await promote(b);
      expect(await back()).toBe(a);
      expect(await back()).toBeNull();
    });

    test('does not affect the other kind of task, and fails if no version was ever active', async () => {
      const [a, b] = (await several(2)) as [number, number];
      const scenario = (await save('SCENARIO')).id;
      await expect(rollBack(db.database, 'SCENARIO')).rejects.toMatchObject(noneActive);
      for (const id of [a, scenario, b]) await promote(id);
      expect(await back()).toBe(a);
      expect(await active('SCENARIO')).toBe(scenario);
      expect(await rollBack(db.database, 'SCENARIO')).toBeNull();
      expect(await active()).toBe(a);
    });

    test('goes back once for each concurrent call', async () => {
      const versions = await several(5);
      for (const id of versions) await promote(id);
      const reached = await Promise.all([back(), back(), back()]);
      expect(new Set(reached)).toEqual(new Set(versions.slice(1, 4)));
      expect(await active()).toBe(versions[1]);
    });
  });

  describe('by the rule', () => {
    const evaluationWith = (value: Record<string, number>): VersionEvaluation => ({
      activeVersionId: null,
      overall: { value, unadapted: {}, active: {}, popularity: {} },
      byHistory: [],
    });
    const decide = (version: ModelVersionSummary, request: Parameters<typeof promoteByRule>[2]) =>
      db.database.$transaction((transaction) => promoteByRule(transaction, version, request));

    test('records the comparison, whether or not the version is promoted', async () => {
      const [first, worse, better] = [await save(), await save(), await save()];
      const measured = { versionId: first.id, metrics: { mae: 1 } };
      expect(await decide(first, { metrics: { mae: 1 }, measured: null, margin: 0.01 })).toMatchObject({
        promoted: true,
        metric: null,
        previousVersionId: null,
      });
      expect(await decide(worse, { metrics: { mae: 1.1 }, measured, margin: 0.05 })).toMatchObject({
        ...{ decidedBy: 'RULE', promoted: false, previousVersionId: first.id },
        ...{ metric: 'mae', value: 1.1, activeValue: 1, margin: 0.05 },
      });
      expect(await active()).toBe(first.id);
      await decide(better, { metrics: { mae: 1.04 }, measured, margin: 0.05 });
      expect(await active()).toBe(better.id);
      const [ofWorse, ofFirst] = await decisionsOfVersions(db.database, [worse.id, first.id]);
      expect(ofWorse).toMatchObject([{ promoted: false }]);
      expect(ofFirst).toMatchObject([{ promoted: true }]);
    });

    test('compares with the stored metrics of a version promoted after the measurement', async () => {
      const [measuredThen, now, version] = [
        await save(),
        await save('USER', evaluationWith({ mae: 0.5 })),
        await save(),
      ];
      await promote(measuredThen.id);
      await promote(now.id);
      const measured = { versionId: measuredThen.id, metrics: { mae: 1 } };
      expect(await decide(version, { metrics: { mae: 0.9 }, measured, margin: 0.01 })).toMatchObject({
        promoted: false,
        activeValue: 0.5,
        previousVersionId: now.id,
      });
    });

    test('does not promote a first scenario version that is worse than popularity, unlike a user version', async () => {
      const [metrics, popularity] = [
        { recall10: 0.3, tasks: 3 },
        { recall10: 0.4, tasks: 3 },
      ];
      const evaluation = evaluationWith(metrics);
      const overall = { ...evaluation.overall, popularity };
      for (const [taskKind, promoted] of [
        ['SCENARIO', false],
        ['USER', true],
      ] as const) {
        const version = await save(taskKind, { ...evaluation, overall });
        expect(await decide(version, { metrics, measured: null, margin: 0.01 })).toMatchObject({ promoted });
        expect(await active(taskKind)).toBe(promoted ? version.id : undefined);
      }
    });

    describe('after a rollback to no version', () => {
      const measuredAs = (metrics: Record<string, number>, measuredOn?: string) =>
        save('USER', { ...evaluationWith(metrics), ...(measuredOn && { measuredOn }) });
      const trained = async (metrics: Record<string, number>, measuredOn?: string) =>
        decide(await measuredAs(metrics, measuredOn), { metrics, measured: null, margin: 0.01 });
      const rollBackAll = async (...mae: number[]) => {
        for (const value of mae) await promote((await measuredAs({ mae: value }, 'all')).id);
        for (const _ of mae) await rollBack(db.database, 'USER');
        expect(await active()).toBeUndefined();
      };

      test('promotes only a version that is better than all that were rolled back', async () => {
        await rollBackAll(0.8, 0.9);
        expect(await trained({ mae: 0.85 }, 'all')).toMatchObject({ promoted: false, activeValue: 0.8, margin: 0 });
        expect(await trained({ mae: 0.8 }, 'all')).toMatchObject({ promoted: false });
        expect(await active()).toBeUndefined();
        expect(await trained({ mae: 0.79 }, 'all')).toMatchObject({
          ...{ promoted: true, activeValue: 0.8, previousVersionId: null },
          reason: expect.stringContaining('which was rolled back'),
        });
      });

      test('leaves the decision to an admin without comparable metrics', async () => {
        await rollBackAll(0.8);
        const undecided = { promoted: false, metric: null, reason: expect.stringContaining('rollback to no version') };
        expect(await trained({ recall10: 0.9 }, 'all')).toMatchObject(undecided);
        expect(await trained({ mae: 0.1 }, 'other users')).toMatchObject(undecided);
        expect(await trained({}, 'all')).toMatchObject(undecided);
      });

      test('promotes as usual once an admin has promoted a version', async () => {
        await rollBackAll(0.8);
        const chosen = await measuredAs({ mae: 0.9 });
        await promote(chosen.id);
        const next = await measuredAs({ mae: 0.905 });
        const measured = { versionId: chosen.id, metrics: { mae: 0.9 } };
        expect(await decide(next, { metrics: { mae: 0.905 }, measured, margin: 0.01 })).toMatchObject({
          promoted: true,
        });
      });
    });

    describe('with versions active since an admin last chose', () => {
      const measuredAs = (mae: number) => save('USER', evaluationWith({ mae }));
      /** As a training would: against the active version, measured as when it was new. */
      const trained = async (mae: number, measuredNow?: number) => {
        const activeVersion = await active();
        const row = await db.database.modelVersion.findUnique({ where: { id: activeVersion ?? 0 } });
        const metrics = measuredNow === undefined ? row && evaluationOf(row)?.overall.value : { mae: measuredNow };
        const measured = row && metrics ? { versionId: row.id, metrics } : null;
        const version = await measuredAs(mae);
        return { ...(await decide(version, { metrics: { mae }, measured, margin: 0.01 })), id: version.id };
      };

      test('does not let losses within the margin add up over several runs', async () => {
        expect(await trained(1)).toMatchObject({ promoted: true, metric: null });
        expect(await trained(1.009)).toMatchObject({ promoted: true, activeValue: 1 });
        const second = await active();
        expect(await trained(1.009 ** 2)).toMatchObject({ promoted: false, activeValue: 1 });
        expect(await trained(1.009 ** 3)).toMatchObject({ promoted: false, activeValue: 1 });
        expect(await active()).toBe(second);
        expect(await trained(0.9)).toMatchObject({ promoted: true, activeValue: 1 });
        expect(await trained(0.95)).toMatchObject({ promoted: false, activeValue: 0.9 });
      });

      test('ignores versions from before an admin’s choice, or before a version that could not be compared', async () => {
        await trained(0.5);
        await promote((await measuredAs(1)).id);
        expect(await trained(1.005)).toMatchObject({ promoted: true, activeValue: 1 });
        const request = { metrics: { mae: 2 }, margin: 0.01 };
        const unusable = { versionId: (await active()) as number, obstacle: 'unusable' as const };
        await decide(await measuredAs(2), { ...request, measured: unusable });
        expect(await trained(2.01)).toMatchObject({ promoted: true, activeValue: 2 });
      });

      test('ignores versions that were never active, and those of the other kind of task', async () => {
        await promote((await save('SCENARIO', evaluationWith({ mae: 0.1 }))).id);
        await trained(1);
        await measuredAs(0.2);
        await trained(1.5);
        expect(await trained(1.01)).toMatchObject({ promoted: true, activeValue: 1 });
      });

      test('compares with the best version by its lead on the same tasks, whatever tasks are measured now', async () => {
        await trained(0.7);
        expect(await trained(0.33, 0.4376)).toMatchObject({ promoted: true, activeValue: 0.4376 });
        expect(await trained(0.73, 0.74)).toMatchObject({ promoted: true, activeValue: 0.74 });
        expect(await trained(0.505, 0.5)).toMatchObject({ promoted: true, activeValue: 0.5 });
        expect(await trained(0.808, 0.8)).toMatchObject({
          promoted: false,
          activeValue: 0.5 * (0.8 / 0.505),
          reason: expect.stringContaining('of the best version that was active earlier'),
        });
      });

      test('after a rollback, uses the metrics of the rolled-back version from the run that measured both versions', async () => {
        const { id } = await trained(0.7);
        const beside = { ...evaluationWith({ mae: 0.3 }), activeVersionId: id };
        const gone = await save('USER', { ...beside, overall: { ...beside.overall, active: { mae: 0.4 } } });
        await promote(gone.id);
        await rollBack(db.database, 'USER');
        expect(await trained(0.6, 0.8)).toMatchObject({ promoted: false, margin: 0 });
        expect(await trained(0.59, 0.8)).toMatchObject({ promoted: true, margin: 0 });
        expect(await trained(0.595, 0.59)).toMatchObject({ promoted: true, margin: 0.01 });
      });

      test('uses the current metrics of the active version', async () => {
        await trained(1);
        expect(await trained(1.19, 1.2)).toMatchObject({ promoted: true, activeValue: 1.2 });
      });

      test('does not promote an equal version after a rollback, but a better one', async () => {
        const first = (await trained(1)).modelVersionId;
        await trained(0.9);
        await rollBack(db.database, 'USER');
        expect(await trained(0.9)).toMatchObject({ promoted: false, activeValue: 0.9, margin: 0 });
        expect(await trained(1)).toMatchObject({ promoted: false, activeValue: 0.9 });
        expect(await active()).toBe(first);
        expect(await trained(0.899)).toMatchObject({
          promoted: true,
          activeValue: 0.9,
          previousVersionId: first,
        });
        expect(await trained(0.901)).toMatchObject({ promoted: false, activeValue: 0.9, margin: 0 });
      });

      test('compares with all versions of consecutive rollbacks, and with none from before', async () => {
        for (const mae of [1, 0.8, 0.9]) await promote((await measuredAs(mae)).id);
        await rollBack(db.database, 'USER');
        await rollBack(db.database, 'USER');
        expect(await trained(0.85)).toMatchObject({ promoted: false, activeValue: 0.8 });
        await promote((await measuredAs(0.95)).id);
        await rollBack(db.database, 'USER');
        expect(await trained(0.94)).toMatchObject({ promoted: true, activeValue: 0.95 });
      });
    });

    describe('of versions that were trained for different goals', () => {
      const listed = (recall20: number) => ({
        ...{ recall20, ndcg20: 0.1, recall10: null, ndcg100: null, coverage10: null },
      });
      /** A version whose lists have this Recall@20 with 0 and with all interactions shown, beside an active version. */
      const measuredAs = (metrics: Record<string, number>, recall: number, beside?: { id: number; recall: number }) =>
        save('USER', {
          ...evaluationWith(metrics),
          activeVersionId: beside?.id ?? null,
          lists: [0, null].map((shown) => ({
            ...{ shown, users: 30, value: listed(recall), active: beside ? listed(beside.recall) : null },
            ...{ popularity: listed(0), itemKnn: null },
          })),
        });
      const ranks = { recall20: 0.2, ndcg20: 0.1 };

      test('compares the lists of both, measured together or by each training', async () => {
        const first = await measuredAs(ranks, 0.2);
        await promote(first.id);
        const beside = { id: first.id, recall: 0.15 };
        const measured = { versionId: first.id, obstacle: 'otherGoal' } as const;
        const rating = { metrics: { mae: 0.8 }, margin: 0.01 };
        const compared = { metric: 'recall20', value: expect.closeTo(0.18) };
        const together = await decide(await measuredAs(rating.metrics, 0.18, beside), { ...rating, measured });
        expect(together).toMatchObject({ ...compared, promoted: true, activeValue: expect.closeTo(0.15) });
        await promote(first.id);
        const alone = await decide(await measuredAs(rating.metrics, 0.18), { ...rating, measured: null });
        expect(alone).toMatchObject({ ...compared, promoted: false, activeValue: expect.closeTo(0.2) });
      });

      test('compares with the lists of a version that was rolled back', async () => {
        const first = await measuredAs(ranks, 0.2);
        const beside = { id: first.id, recall: 0.2 };
        await promote(first.id);
        await promote((await measuredAs({ mae: 0.7 }, 0.25, beside)).id);
        await rollBack(db.database, 'USER');
        const measured = { versionId: first.id, obstacle: 'otherGoal' } as const;
        const trained = async (recall: number) =>
          decide(await measuredAs({ mae: 0.8 }, recall, beside), { metrics: { mae: 0.8 }, measured, margin: 0.01 });
        expect(await trained(0.24)).toMatchObject({ promoted: false, activeValue: expect.closeTo(0.25), margin: 0 });
        expect(await trained(0.26)).toMatchObject({ promoted: true, metric: 'recall20' });
      });
    });

    test('does not replace a version without metrics that was promoted after the measurement', async () => {
      const [chosen, version] = [await save(), await save()];
      await promote(chosen.id);
      expect(await decide(version, { metrics: { mae: 0.1 }, measured: null, margin: 0.01 })).toMatchObject({
        promoted: false,
        metric: null,
        reason: expect.stringContaining('promoted while this version was trained'),
      });
    });

    test('is undone if the transaction that stores the version fails', async () => {
      const version = await save();
      const request = { metrics: {}, measured: null, margin: 0.01 };
      const failing = db.database.$transaction(async (transaction) => {
        await promoteByRule(transaction, version, request);
        throw new Error('the training was cancelled');
      });
      await expect(failing).rejects.toThrow('the training was cancelled');
      expect(await active()).toBeUndefined();
      expect(await log()).toEqual([]);
    });
  });
});
