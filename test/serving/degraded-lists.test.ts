import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WarmstartError } from '../../src/common/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { promoteByPerson, rollBack } from '../../src/registry/promotion.ts';
import { listPopularItems } from '../../src/serving/list-popular-items.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { RecommendationService } from '../../src/serving/recommendation-service.ts';
import { isConnectionError } from '../../src/store/is-connection-error.ts';
import type { Connections } from '../../src/store/prepared.ts';
import { noObserver, type PopularCause } from '../../src/telemetry/serving-observer.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel, untrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const visitor = { interactions: [{ item: 'i1', type: 'RATE', value: 5 }] } as const;

describe('lists when something is broken', () => {
  const db = testDatabase();
  let engine: Engine;
  let catalog: LiveCatalog;
  let service: RecommendationService;
  let databaseAway = false;
  const refused: number[] = [];
  const failed: number[] = [];
  const popular: PopularCause[] = [];

  /** The pool of a database that can be away. */
  const connections = {
    query: (...args: Parameters<Connections['query']>) =>
      databaseAway
        ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
        : Reflect.apply(db.pool.query, db.pool, args),
  } as unknown as Connections;
  const observer = {
    ...noObserver,
    refusedModel: (_kind: string, versionId: number) => refused.push(versionId),
    failedScoring: (_kind: string, versionId: number) => failed.push(versionId),
    servedPopular: (cause: PopularCause) => popular.push(cause),
  };

  const list = async (target: Parameters<typeof recommend>[1]['for'] = { user: 'u1' }) => {
    if (!databaseAway) await catalog.refresh();
    await service.ready();
    return recommend(service.session(), { for: target, first: 5 });
  };
  const damage = (versionId: number) =>
    db.pool.query('UPDATE model_versions SET parameters = substring(parameters FROM 1 FOR 100) WHERE id = $1', [
      versionId,
    ]);

  /** Also stores the checksum of the new parameters. `header` is the number of bytes before the data. */
  const replaceParameters = (versionId: number, parameters: string) =>
    db.pool.query(
      `UPDATE model_versions SET parameters = changed, checksum = sha256(changed) FROM (
         SELECT ${parameters} AS changed FROM (
           SELECT parameters, 8 + get_byte(parameters, 0) + 256 * get_byte(parameters, 1) AS header
           FROM model_versions WHERE id = $1
         ) AS stored
       ) AS replaced WHERE id = $1`,
      [versionId],
    );
  const promoted = async (seed: number) => {
    const version = await saveModelVersion(db.database, 'USER', await untrainedModel(db.database, seed), {});
    return (await promoteByPerson(db.database, version.id)).id;
  };

  beforeAll(async () => {
    engine = await openEngine('wasm');
    const interactions = [rating('u1', 'i1', 4), rating('u1', 'i2', 5), rating('u2', 'i3', 5)];
    const scenarios = [{ id: 's', title: 'S', items: ['i1', 'i2', 'i3', 'i5', 'i8', 'i11'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(3, 12), interactions, scenarios }), { ratingScale });
  });
  beforeEach(async () => {
    catalog = await LiveCatalog.open({ connections });
    service = new RecommendationService({
      ...{ catalog, database: db.database, connections, engine, candidates: 100, ratingScale, observer },
    });
    for (const reported of [refused, failed, popular]) reported.length = 0;
  });
  afterEach(async () => {
    databaseAway = false;
    await service.close();
    await db.database.activeModel.deleteMany();
    await db.database.promotionDecision.deleteMany();
  });

  test('are of popular items and degraded if the only version is damaged', async () => {
    const damaged = await serveUntrainedModel(db.database, 1);
    await damage(damaged);
    const { recommendations, degraded } = await list();
    expect(degraded).toBe(true);
    expect(recommendations.map(({ modelVersionId }) => modelVersionId)).toEqual(Array(5).fill(null));
    expect(popular).toEqual(['model_failed']);
    await list();
    // It is not loaded again for each list.
    expect(refused).toEqual([damaged]);
  });

  test('are made by the version before a damaged one, and degraded', async () => {
    const good = await serveUntrainedModel(db.database, 2);
    expect((await list()).recommendations[0]?.modelVersionId).toBe(good);
    const damaged = await serveUntrainedModel(db.database, 3);
    await damage(damaged);
    const { recommendations, degraded } = await list();
    expect([recommendations[0]?.modelVersionId, degraded]).toEqual([good, true]);
    expect(refused).toEqual([damaged]);
    expect(service.refused()).toEqual(new Map([['USER', { versionId: damaged, instead: good }]]));
    const next = await serveUntrainedModel(db.database, 4);
    const after = await list();
    expect([after.recommendations[0]?.modelVersionId, after.degraded]).toEqual([next, false]);
    expect(service.refused()).toEqual(new Map());
  });

  test('are not degraded any more after a rollback to the version that makes them', async () => {
    const good = await promoted(22);
    await list();
    await damage(await promoted(23));
    expect((await list()).degraded).toBe(true);
    await rollBack(db.database, 'USER');
    const { recommendations, degraded } = await list();
    expect([recommendations[0]?.modelVersionId, degraded]).toEqual([good, false]);
    expect(service.refused()).toEqual(new Map());
  });

  test('are made by the latest usable version before a damaged one when a server starts', async () => {
    const good = await promoted(15);
    const older = await promoted(16);
    const damaged = await promoted(17);
    await damage(older);
    await damage(damaged);
    const { recommendations, degraded } = await list();
    expect([recommendations[0]?.modelVersionId, degraded]).toEqual([good, true]);
    expect(refused).toEqual([damaged, older]);
    await list();
    expect(refused).toEqual([damaged, older]);
    expect(service.refused()).toEqual(new Map([['USER', { versionId: damaged, instead: good }]]));
  });

  test('cannot be continued with a version that has been damaged since, without a word of what is wrong', async () => {
    await serveUntrainedModel(db.database, 20);
    await list();
    const [first] = (await recommend(service.session(), { for: { user: 'u1' }, first: 1 })).recommendations;
    const version = first?.modelVersionId as number;
    await serveUntrainedModel(db.database, 21);
    await damage(version);
    await service.close();
    service = new RecommendationService({
      ...{ catalog, database: db.database, connections, engine, candidates: 100, ratingScale, observer },
    });
    await list();
    const next = recommend(service.session(), { for: { user: 'u1' }, first: 1, after: first?.cursor ?? '' });
    await expect(next).rejects.toMatchObject({
      code: 'MODEL_VERSION_UNUSABLE',
      message: `model version ${version} cannot be used; start a list again without a cursor`,
    });
  });

  test('are not made by a version with a flipped bit', async () => {
    const version = await serveUntrainedModel(db.database, 18);
    await db.pool.query(
      `UPDATE model_versions SET parameters = set_bit(parameters, bit, 1 - get_bit(parameters, bit))
       FROM (SELECT 8 * (length(parameters)::bigint - 100) AS bit FROM model_versions WHERE id = $1) AS place
       WHERE id = $1`,
      [version],
    );
    const { recommendations, degraded } = await list();
    expect([recommendations[0]?.modelVersionId, degraded]).toEqual([null, true]);
    expect(refused).toEqual([version]);
  });

  test('are not made by a version whose scores are not finite', async () => {
    const version = await serveUntrainedModel(db.database, 5);
    // The parameters follow the header of a safetensors file. Numbers whose bits are all set are not finite.
    await replaceParameters(
      version,
      "substring(parameters FROM 1 FOR length(parameters) - 4000) || decode(repeat('ff', 4000), 'hex')",
    );
    expect((await list()).degraded).toBe(true);
    expect(refused).toEqual([version]);
  });

  test('are not made by a version that gives all items the same score', async () => {
    const version = await serveUntrainedModel(db.database, 19);
    await replaceParameters(
      version,
      `substring(parameters FROM 1 FOR header) || decode(repeat('00', length(parameters) - header), 'hex')`,
    );
    expect((await list()).degraded).toBe(true);
    expect(refused).toEqual([version]);
  });

  test('do not wait for the first version of a kind of model that they do not use', async () => {
    const user = await serveUntrainedModel(db.database, 8);
    await list();
    const scenarioVersion = await serveUntrainedModel(db.database, 9, { taskKind: 'SCENARIO' });
    const { models } = service.session().platform;
    const use = models.use.bind(models);
    let load = () => {};
    const loadable = new Promise<void>((resolve) => {
      load = resolve;
    });
    models.use = async (versionId, work) => {
      if (versionId === scenarioVersion) await loadable;
      return use(versionId, work);
    };
    await catalog.refresh();
    const { recommendations } = await recommend(service.session(), { for: { user: 'u1' }, first: 5 });
    expect(recommendations[0]?.modelVersionId).toBe(user);
    expect((await listPopularItems(service.session(), { first: 5 })).items).toHaveLength(5);
    expect((await service.session().moment(['USER'])).activeVersions).toEqual({ USER: user, SCENARIO: null });
    const ofScenario = service.session().moment(['SCENARIO']);
    load();
    expect((await ofScenario).activeVersions.SCENARIO).toBe(scenarioVersion);
  });

  test('are of popular items and degraded if scoring fails', async () => {
    const version = await serveUntrainedModel(db.database, 6);
    await list();
    await service.session().platform.models.use(version, async ({ recommender }) => {
      recommender.score = () => Promise.reject(new Error('out of memory'));
    });
    const { recommendations, degraded } = await list();
    expect([recommendations.length, recommendations[0]?.modelVersionId, degraded]).toEqual([5, null, true]);
    expect([failed, popular]).toEqual([[version], ['model_failed']]);
  });

  test('have no item that is deleted while they are computed', async () => {
    const version = await serveUntrainedModel(db.database, 14);
    const before = (await list({ visitor })).recommendations.map(({ itemId }) => itemId);
    const deleted = before[1] as number;
    const session = service.session();
    await session.platform.models.use(version, async ({ recommender }) => {
      const score = recommender.score.bind(recommender);
      recommender.score = (...given) => {
        catalog.items.remove(deleted);
        return score(...given);
      };
    });
    const page = await recommend(session, { for: { visitor }, first: 5 });
    expect(page.recommendations.map(({ itemId }) => itemId)).toEqual(before.filter((id) => id !== deleted));
    expect(page.hasNextPage).toBe(true);
  });

  test('that end because the client is gone or the server stops are no failures of the model', async () => {
    await serveUntrainedModel(db.database, 8);
    await list();
    const gone = new AbortController();
    const { signal } = gone;
    const session = service.session({ signal, check: () => signal.throwIfAborted() });
    const abandoned = recommend(session, { for: { user: 'u1' }, first: 5 }).catch((error) => error);
    gone.abort(new WarmstartError('INTERRUPTED', 'the client closed the connection'));
    const closed = service.close();
    expect(['INTERRUPTED', 'UNAVAILABLE']).toContain((await abandoned).code);
    await closed;
    const late = recommend(service.session(), { for: { user: 'u1' }, first: 5 });
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([failed, popular]).toEqual([[], []]);
  });

  describe('in a scenario, without the database', () => {
    const inScenario = async (target: Parameters<typeof recommend>[1]['for'] = { visitor }) => {
      const { recommendations, degraded } = await recommend(service.session(), {
        for: target,
        scenario: 's',
        first: 3,
      });
      return { items: recommendations.map(({ itemId, score }) => [itemId, score]), degraded, recommendations };
    };

    test('are made by the user model for visitors if the support set is not in memory', async () => {
      const user = await serveUntrainedModel(db.database, 9);
      await list();
      // What the user model lists if there is no scenario model.
      const { items } = await inScenario();
      await serveUntrainedModel(db.database, 10, { taskKind: 'SCENARIO', support: 'positives' });
      await list();
      databaseAway = true;
      const first = await inScenario();
      expect([first.items, first.degraded, first.recommendations[0]?.modelVersionId]).toEqual([items, true, user]);
      // Once the catalog is known to be stale, the database is not asked.
      await expect(catalog.refresh()).rejects.toThrow('ECONNREFUSED');
      const second = await inScenario();
      expect([second.items, second.degraded]).toEqual([items, true]);
      expect(failed).toEqual([]);
    });

    test('are of popular items for visitors that the user model makes no lists for', async () => {
      await serveUntrainedModel(db.database, 11);
      await serveUntrainedModel(db.database, 12, { taskKind: 'SCENARIO', support: 'positives' });
      await list();
      databaseAway = true;
      const { items, degraded } = await inScenario({ visitor: {} });
      // i2 and i3 have one positive interaction each, and i1 is the oldest of the others or has one too.
      expect([items.map(([, score]) => score), degraded]).toEqual([[1, 1, 1], true]);
    });

    test('are made by the scenario model if the support set is in memory', async () => {
      const scenario = await serveUntrainedModel(db.database, 13, { taskKind: 'SCENARIO', support: 'positives' });
      await list();
      const before = await inScenario();
      expect(before.recommendations[0]?.modelVersionId).toBe(scenario);
      databaseAway = true;
      await expect(catalog.refresh()).rejects.toThrow('ECONNREFUSED');
      expect(await inScenario()).toEqual({ ...before, degraded: true });
    });
  });

  test('are made without the database for visitors, and degraded', async () => {
    const version = await serveUntrainedModel(db.database, 7);
    const before = await list({ visitor });
    expect([before.degraded, before.recommendations[0]?.modelVersionId]).toEqual([false, version]);
    const popularBefore = await listPopularItems(service.session(), { first: 5 });
    databaseAway = true;
    await expect(catalog.refresh()).rejects.toThrow('ECONNREFUSED');
    expect(await list({ visitor })).toEqual({ ...before, degraded: true });
    expect(await listPopularItems(service.session(), { first: 5 })).toEqual({ ...popularBefore, degraded: true });
    const ofUser = await list().catch((error) => error);
    expect(isConnectionError(ofUser)).toBe(true);
    databaseAway = false;
    expect((await list({ visitor })).degraded).toBe(false);
  });
});
