import { beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { syntheticDataset } from '../../src/datasets/synthetic/synthetic-dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { measureVersion } from '../../src/pipeline/measure-version.ts';
import { prepareUserTraining } from '../../src/pipeline/prepare-user-training.ts';
import type { PreparedTraining } from '../../src/pipeline/prepared-training.ts';
import { publishVersion, trainModel } from '../../src/pipeline/train-model.ts';
import { countStored, dataSnapshotOf } from '../../src/registry/data-snapshot.ts';
import { promoteModelVersion, readArtifact } from '../../src/registry/model-registry.ts';
import { promoteByPerson } from '../../src/registry/promotion.ts';
import { evaluationOf } from '../../src/registry/version-evaluation.ts';
import { drawHeldOut } from '../../src/tasks/held-out.ts';
import { interactionsOf, type TaskKind } from '../../src/tasks/training-data.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { testDatabase } from '../support/test-database.ts';

// Each test trains, and the machine can be busy.
jest.setTimeout(120_000);

const sizes = {
  embeddingWidth: 4,
  labelWidths: [4],
  contextWidths: [8],
  hyperWidths: [8],
  backboneWidths: [8],
};

/** CMML that predicts ratings. */
const ratings = { objective: 'mse' };

/** At the start of each test, `first` is the only version of user tasks, and it is active. */
const ratingScale = { minimum: 1, maximum: 5 };

describe('measureVersion', () => {
  const db = testDatabase();
  let engine: Engine;
  let first: Awaited<ReturnType<typeof train>>;

  beforeAll(async () => {
    engine = await openEngine('wasm');
    const dataset = syntheticDataset({ users: 120, items: 80, scenarios: 12, ratings: 30 });
    await loadDataset(db.pool, dataset, { ratingScale });
    first = await train();
  });

  beforeEach(async () => {
    await db.database.promotionDecision.deleteMany({ where: { modelVersionId: { not: first.version.id } } });
    await promoteModelVersion(db.database, first.version);
    await db.database.modelVersion.deleteMany({ where: { id: { not: first.version.id }, taskKind: 'USER' } });
  });

  const train = (
    settings: Parameters<typeof recipeFor>[1] = {},
    request: { taskKind?: TaskKind; promotionMargin?: number; maxUsers?: number } = {},
  ) => {
    const { taskKind = 'USER' } = request;
    const kind = settings.kind ?? 'cmml';
    const objective = taskKind === 'USER' ? ratings : {};
    const config = { ...(kind === 'cmml' && { ...objective, ...sizes }), ...settings.config };
    const options = { epochs: 1, tasksPerStep: 8, ...settings.options };
    const recipe = recipeFor(taskKind, { kind, config, options });
    return trainModel({ database: db.database, pool: db.pool, engine, ratingScale }, { ...request, taskKind, recipe });
  };
  const evaluationOfReport = ({ version }: Awaited<ReturnType<typeof train>>) => {
    const evaluation = evaluationOf(version);
    if (!evaluation) throw new Error('the version has no evaluation');
    return evaluation;
  };
  const activeId = async (taskKind: TaskKind = 'USER') =>
    (await db.database.activeModel.findUnique({ where: { taskKind } }))?.modelVersionId;

  test('has no active version to compare the first version with, which becomes active', async () => {
    const report = first;
    const { overall, activeVersionId, byHistory } = evaluationOfReport(report);
    expect(activeVersionId).toBeNull();
    expect(overall).toMatchObject({ value: report.metrics, unadapted: report.metricsUnadapted, active: {} });
    expect(Object.keys(overall.popularity).sort()).toEqual(['mae', 'ndcg1', 'ndcg3', 'rmse', 'tasks']);
    for (const { tasks, popularity } of byHistory) expect('mae' in popularity && 'rmse' in popularity).toBe(tasks > 0);
    expect(byHistory.map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [1, 5],
      [6, 20],
      [21, null],
    ]);
    expect(report.decision).toMatchObject({ promoted: true, previousVersionId: null, metric: null });
    expect(dataSnapshotOf(report.version)).toMatchObject({
      takenAt: expect.any(Date),
      users: 120,
      items: 80,
      scenarios: 12,
      interactions: await db.database.interaction.count(),
      trainedTasks: report.trainedTasks,
      heldOutTasks: report.heldOutTasks,
    });
  });

  test('with empty support sets, a model is as good as without adaptation, in every range of history', async () => {
    const { overall, byHistory } = evaluationOfReport(first);
    expect(byHistory[0]?.value).toEqual(overall.unadapted);
    for (const { tasks, value, unadapted } of byHistory) {
      expect(value.tasks ?? 0).toBe(tasks);
      expect(unadapted.tasks ?? 0).toBe(tasks);
    }
    expect(byHistory[0]?.tasks).toBe(overall.value.tasks);
    expect(byHistory[1]?.tasks).toBeGreaterThan(0);
  });

  test('measures the active version on the same tasks, with unchanged results while the data does not change', async () => {
    const report = await train({ options: { seed: 2 } }, { promotionMargin: 1 });
    const evaluation = evaluationOfReport(report);
    const earlier = evaluationOfReport(first);
    expect(evaluation.activeVersionId).toBe(first.version.id);
    expect(evaluation.overall.active).toEqual(earlier.overall.value);
    expect(evaluation.byHistory.map(({ active }) => active)).toEqual(earlier.byHistory.map(({ value }) => value));
    expect(evaluation.overall.popularity).toEqual(earlier.overall.popularity);
    expect(report.decision).toMatchObject({
      promoted: true,
      metric: 'mae',
      value: report.metrics.mae,
      activeValue: earlier.overall.value.mae,
      previousVersionId: first.version.id,
      margin: 1,
    });
  });

  test('measures popularity like an item popularity model if interactions are not ratings', async () => {
    const settings = { kind: 'itemPopularity', options: { episodes: { negatives: 'both' } } } as const;
    const { overall, byHistory } = evaluationOfReport(await train(settings));
    expect(overall.value.recall10).toBeGreaterThan(0);
    expect(overall.popularity).toEqual(overall.value);
    expect(byHistory.map(({ popularity }) => popularity)).toEqual(byHistory.map(({ value }) => value));
  });

  test('compares the order of models if the active one does not predict ratings', async () => {
    const popularity = await train({ kind: 'itemPopularity' });
    await promoteModelVersion(db.database, popularity.version);
    const report = await train({ options: { seed: 2 } }, { promotionMargin: 0 });
    const { overall } = evaluationOfReport(report);
    expect(overall.value.mae).toBeGreaterThan(0);
    expect(Object.keys(overall.active).sort()).toEqual(['ndcg1', 'ndcg3', 'tasks']);
    const worse = (overall.value.ndcg3 as number) < (overall.active.ndcg3 as number);
    expect(report.decision).toMatchObject({ metric: 'ndcg3', promoted: !worse });
    expect(await activeId()).toBe((worse ? popularity : report).version.id);
  });

  test('stores a worse version with its run, but does not promote it', async () => {
    const good = await train({ options: { epochs: 8 } }, { promotionMargin: 1 });
    const worse = await train({ options: { learningRate: 1e-9, validationShare: 0 } });
    expect(worse.metrics.mae).toBeGreaterThan(1.01 * (good.metrics.mae as number));
    expect(worse.decision).toMatchObject({ promoted: false, decidedBy: 'RULE', metric: 'mae' });
    expect(await activeId()).toBe(good.version.id);
    const run = { modelVersionId: worse.version.id, status: 'SUCCEEDED' };
    expect(await db.database.trainingRun.findFirst({ orderBy: { id: 'desc' } })).toMatchObject(run);
  });

  test('measures a training on a few users on all held-out users, and promotes it only if it is not worse', async () => {
    const good = await train({ options: { epochs: 8 } }, { promotionMargin: 1 });
    const { mae, tasks } = good.metrics;
    const few = await train({ options: { seed: 4, episodes: { minimumPairs: 5 } } }, { maxUsers: 4 });
    expect(few.trainedTasks).toBe(4);
    expect(few.metrics.tasks).toBe(tasks);
    expect(few.metrics.mae).toBeGreaterThan(1.01 * (mae as number));
    expect(few.decision).toMatchObject({ promoted: false, metric: 'mae', activeValue: mae });
    expect(await activeId()).toBe(good.version.id);
  });

  test('compares a version that ranks with one that predicts ratings by the lists of both', async () => {
    const ranking = await train({ config: { objective: 'bpr' } });
    expect(evaluationOfReport(ranking).overall).toMatchObject({
      active: {},
      value: { recall10: expect.any(Number) },
      popularity: { recall10: expect.any(Number) },
    });
    const lists = evaluationOfReport(ranking).lists ?? [];
    const meanOf = (recalls: readonly number[]) => recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
    const value = meanOf(lists.map((row) => row.value.recall20));
    const activeValue = meanOf(lists.map(({ active }) => active?.recall20 ?? NaN));
    expect(ranking.decision).toMatchObject({
      ...{ metric: 'recall20', value: expect.closeTo(value, 9), activeValue: expect.closeTo(activeValue, 9) },
      ...{ promoted: value >= 0.99 * activeValue, previousVersionId: first.version.id },
      reason: expect.stringContaining('was trained for a different goal, so the lists of both are compared'),
    });
    await promoteByPerson(db.database, ranking.version.id);
    const next = await train({ config: { objective: 'bpr' }, options: { seed: 3 } });
    // The second measurement of the active version draws the same negatives.
    expect(evaluationOfReport(next).overall.active).toEqual(ranking.metrics);
    expect(next.decision).toMatchObject({ metric: 'recall10', activeValue: ranking.metrics.recall10 });
  });

  test('promotes a new version if the active version can no longer be used', async () => {
    const broken = await train({}, { promotionMargin: 1 });
    expect(await activeId()).toBe(broken.version.id);
    await db.database.modelVersion.update({
      where: { id: broken.version.id },
      data: { config: { modulation: 'fourier' } },
    });
    const report = await train();
    expect(report.decision).toMatchObject({
      promoted: true,
      reason: expect.stringContaining('can no longer be used'),
    });
  });

  test('uses the active scenario version’s metrics from its own training', async () => {
    const small = { factorWidth: 4, contextWidths: [8], hyperWidths: [8], backboneWidths: [8] };
    const settings = { config: { ...small, labelWidths: [] }, options: { episodes: { minimumPairs: 30 } } };
    const scenario = { taskKind: 'SCENARIO', promotionMargin: 1 } as const;
    const one = await train(settings, scenario);
    const second = await train({ ...settings, options: { ...settings.options, seed: 2 } }, scenario);
    expect(one.heldOutTasks).toBeGreaterThan(0);
    expect(second.heldOutTasks).toBe(one.heldOutTasks);
    const [earlier, evaluation] = [evaluationOfReport(one), evaluationOfReport(second)];
    expect(evaluation.overall.active).toEqual(earlier.overall.value);
    expect(evaluation.overall.popularity).toEqual(earlier.overall.popularity);
    // The popularity baseline does not depend on the support pairs, so ranges with the same tasks have the same
    // metrics.
    const ofAll = evaluation.byHistory.filter(({ tasks }) => tasks === evaluation.overall.popularity.tasks);
    expect(ofAll.length).toBeGreaterThan(1);
    for (const { popularity } of ofAll) expect(popularity).toEqual(evaluation.overall.popularity);
    expect(evaluation.byHistory[1]?.active).toEqual(earlier.byHistory[1]?.value);
    expect(second.decision).toMatchObject({ metric: 'recall10', activeValue: one.metrics.recall10 });
    const sample = await train(settings, { ...scenario, maxUsers: 30 });
    expect(evaluationOfReport(sample).overall.active).toEqual({});
    expect(sample.decision).toMatchObject({
      promoted: false,
      reason: expect.stringContaining('are not comparable. An admin must decide'),
    });
    expect(await activeId('SCENARIO')).toBe(second.version.id);
  });

  test.each(['ease', 'itemKnn', 'ials'] as const)('measures a scenario model of positives: %s', async (kind) => {
    const config = kind === 'ials' ? { factorWidth: 4 } : {};
    const report = await train({ kind, config, options: { episodes: { minimumPairs: 30 } } }, { taskKind: 'SCENARIO' });
    expect(report.heldOutTasks).toBeGreaterThan(0);
    expect(report.metrics.recall10).toBeGreaterThan(0);
    expect(report.version).toMatchObject({ taskKind: 'SCENARIO', kind });
  });

  describe('with held-out tasks', () => {
    let prepared: PreparedTraining;
    let artifact: ModelArtifact;
    const prepare = (maxUsers?: number, minimumPairs = 13, historyLimit = 100) =>
      prepareUserTraining(db.database, {
        recipe: recipeFor('USER', { config: ratings, options: { historyLimit, episodes: { minimumPairs } } }),
        maxUsers,
        ratingScale,
      });
    const measure = (signal?: AbortSignal, of = prepared) =>
      measureVersion({ database: db.database, engine }, { taskKind: 'USER', prepared: of, artifact, signal });

    beforeAll(async () => {
      prepared = await prepare();
      artifact = await readArtifact(db.database, first.version.id);
    });

    test.each([ratings, { objective: 'bpr' }])(
      'no training with %p has an interaction of a user whose id is drawn, whatever its seed',
      async (config) => {
        const all = await db.database.user.findMany({
          orderBy: { id: 'asc' },
          include: { interactions: true },
        });
        // In this data, everybody rates each item once.
        const counts = ({ value }: { value: number | null }) => config.objective === 'mse' || (value as number) >= 4;
        const users = all.filter(({ interactions }) => interactions.filter(counts).length >= 13);
        const ids = users.map(({ externalId }) => externalId);
        const heldOut = new Set(await drawHeldOut(ids, 0.1));
        for (const seed of [1, 2]) {
          const recipe = recipeFor('USER', { config, options: { seed } });
          const request = { recipe, maxUsers: undefined, ratingScale };
          const { data, heldOutTasks, eligibleTasks } = await prepareUserTraining(db.database, request);
          // The row of a user is the index among the users with enough interactions.
          expect(eligibleTasks).toBe(users.length);
          expect(heldOutTasks).toBe(heldOut.size);
          expect(data.tasks).toHaveLength(users.length - heldOut.size);
          expect([...interactionsOf(data).users].filter((row) => heldOut.has(row))).toEqual([]);
        }
      },
    );

    test.each([
      ['of a sample', 4, {}],
      ['of those who did more', undefined, { minimumPairs: 30 }],
      ['of short histories', undefined, { historyLimit: 5, minimumPairs: 5 }],
    ])(
      'it is the same users that measure a training %s',
      async (_, maxUsers, {
        historyLimit,
        ...pairs
      }: {
        historyLimit?: number;
        minimumPairs?: number;
      }) => {
        const other = await prepare(maxUsers, pairs.minimumPairs, historyLimit);
        expect(other.heldOutTasks).toBe(prepared.heldOutTasks);
        if (maxUsers) expect(other.data.tasks).toHaveLength(maxUsers);
        const [same, here] = [await measure(undefined, other), await measure()];
        expect(same.metrics).toEqual(here.metrics);
        expect(same.incumbent).toEqual(here.incumbent);
      },
    );

    test('uses the active version’s metrics from its own training if nothing is measured', async () => {
      const none = { ...prepared, heldOutTasks: 0 };
      const { metrics, evaluation, incumbent } = await measure(undefined, none);
      expect(metrics).toEqual({});
      expect(evaluation.byHistory.map(({ tasks }) => tasks)).toEqual([0, 0, 0, 0]);
      expect(evaluation.overall.active).toEqual({});
      expect(incumbent?.metrics?.mae).toBeGreaterThan(0);
    });

    test('compares with a version that was promoted between measurement and publication', async () => {
      const measurement = await measure();
      const other = await train({ options: { seed: 2 } }, { promotionMargin: 1 });
      expect(await activeId()).toBe(other.version.id);
      expect(measurement.incumbent?.versionId).toBe(first.version.id);
      const finished: number[] = [];
      const { version, decision } = await publishVersion(db.database, {
        taskKind: 'USER',
        artifact,
        measurement,
        dataSnapshot: { ...(await countStored(db.database)), trainedTasks: 1, heldOutTasks: 1 },
        promotionMargin: 1,
        finish: async (_, id) => {
          finished.push(id);
        },
      });
      expect(finished).toEqual([version.id]);
      expect(decision).toMatchObject({
        previousVersionId: other.version.id,
        metric: 'mae',
        activeValue: other.metrics.mae,
      });
    });

    test('a run that is no longer owned leaves no version and no decision', async () => {
      const counts = async () => [await db.database.modelVersion.count(), await db.database.promotionDecision.count()];
      const [before, active] = [await counts(), await activeId()];
      const publishing = publishVersion(db.database, {
        taskKind: 'USER',
        artifact,
        measurement: await measure(),
        dataSnapshot: { ...(await countStored(db.database)), trainedTasks: 1, heldOutTasks: 1 },
        promotionMargin: 1,
        finish: async () => {
          throw new Error('another worker has taken it up');
        },
      });
      await expect(publishing).rejects.toThrow('another worker has taken it up');
      expect([await counts(), await activeId()]).toEqual([before, active]);
    });

    test('stops when its signal is aborted', async () => {
      const abort = new AbortController();
      let turns = 0;
      // Measuring takes more turns than this, as the next test shows.
      const turn = () => (++turns < 20 ? setImmediate(turn) : abort.abort(new Error('stopped by hand')));
      setImmediate(turn);
      await expect(measure(abort.signal)).rejects.toThrow('stopped by hand');
    });

    test('lets the event loop turn after every prediction', async () => {
      let [turns, measuring] = [0, true];
      const turn = () => {
        turns += 1;
        if (measuring) setImmediate(turn);
      };
      setImmediate(turn);
      await measure();
      measuring = false;
      // Three models are measured on each user with at least four lengths of history.
      expect(turns).toBeGreaterThan(prepared.heldOutTasks * 4 * 3);
    });
  });
});
