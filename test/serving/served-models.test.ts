import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { ServedModels } from '../../src/serving/served-models.ts';
import { countStatements } from '../support/count-statements.ts';
import { openLists } from '../support/open-lists.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel, untrainedListModel, untrainedModel } from '../support/test-model.ts';

describe('ServedModels', () => {
  const db = testDatabase();
  let catalog: LiveCatalog;

  const openModels = (engine: Engine) =>
    new ServedModels({ database: db.database, engine, items: catalog.items, maxCached: 100 });
  const saveUntrainedModel = async (seed: number) =>
    (await saveModelVersion(db.database, 'USER', await untrainedModel(db.database, seed), {}, { servesFrom: null })).id;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(1, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
    catalog = await LiveCatalog.open({ connections: db.pool });
  });

  test.each(['wasm', 'onnx'] as const)('frees a version that is in use only after that use, on %s', async (name) => {
    const version = await serveUntrainedModel(db.database, 1);
    const models = openModels(await openEngine(name));
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const used = models.use(version, async ({ embeddings }) => {
      begin();
      for (let run = 0; run < 3; run++) {
        await new Promise((resolve) => setImmediate(resolve));
        await embeddings.compute([0, 1, 2]);
      }
      return 'used';
    });
    await begun;
    const closed = models.close();
    await expect(used).resolves.toBe('used');
    await closed;
  });

  test('refuses to use a version after it was closed', async () => {
    const version = await serveUntrainedModel(db.database, 1);
    const models = openModels(await openEngine('wasm'));
    await models.use(version, async () => {});
    await models.close();
    let worked = false;
    const used = models.use(version, async () => {
      worked = true;
    });
    await expect(used).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(worked).toBe(false);
  });

  test('knows the kind of a loaded version without the database', async () => {
    const version = await serveUntrainedModel(db.database, 1, { taskKind: 'SCENARIO' });
    const models = openModels(await openEngine('wasm'));
    expect(await models.taskKindOf(version)).toBe('SCENARIO');
    await models.use(version, async () => {});
    expect(await countStatements(async () => expect(await models.taskKindOf(version)).toBe('SCENARIO'))).toBe(0);
    expect(await models.taskKindOf(version + 1000)).toBeUndefined();
    await models.close();
  });

  test('has the vectors of all items for a user model, and none for a scenario model', async () => {
    const models = openModels(await openEngine('wasm'));
    for (const [taskKind, rows] of [
      ['USER', catalog.items.rows],
      ['SCENARIO', undefined],
    ] as const) {
      const artifact = await untrainedListModel(db.database, 1, {});
      const { id } = await saveModelVersion(db.database, taskKind, artifact, {}, { servesFrom: null });
      expect(await models.use(id, async ({ vectors }) => (await vectors?.current())?.table?.rows)).toBe(rows);
    }
    await models.close();
  });

  test('computes the directions of all items when they are needed, and while a version is loaded from then on', async () => {
    const models = openModels(await openEngine('wasm'));
    let embedded = 0;
    const directionsOfNew = async () => {
      const id = await serveUntrainedModel(db.database, 1);
      return models.use(id, async ({ directions, embeddings }) => {
        const compute = embeddings.compute.bind(embeddings);
        embeddings.compute = (rows) => {
          embedded += rows.length;
          return compute(rows);
        };
        return directions;
      });
    };
    const { rows } = catalog.items;
    expect((await (await directionsOfNew())?.current())?.table?.rows).toBe(rows);
    expect(embedded).toBe(rows);
    models.prepareDirections();
    expect((await (await directionsOfNew())?.current())?.table?.rows).toBe(rows);
    expect(embedded).toBe(rows);
    await models.close();
  });

  test('keeps at most four versions, and loads an earlier one again', async () => {
    const versions: number[] = [];
    for (let seed = 1; seed <= 6; seed++) versions.push(await serveUntrainedModel(db.database, seed));
    const models = openModels(await openEngine('wasm'));
    const loaded = await Promise.all(versions.map((id) => models.use(id, async (model) => model)));
    const again = await models.use(versions[5] as number, async (model) => model);
    expect(again).toBe(loaded[5]);
    expect(await models.use(versions[0] as number, async (model) => model)).not.toBe(loaded[0]);
    await models.close();
  });

  test('keeps the versions that make lists, whichever others are used', async () => {
    const active = await serveUntrainedModel(db.database, 7);
    const lists = await openLists(db, await openEngine('wasm'));
    const { models } = (await lists.session()).platform;
    const versionIds = await Promise.all([8, 9, 10, 11, 12].map((seed) => saveUntrainedModel(seed)));
    const used = await models.use(active, async (model) => model);
    for (const versionId of versionIds) await models.use(versionId, async () => {});
    expect(await models.use(active, async (model) => model)).toBe(used);
    await lists.close();
  });

  test('uses a version that it loads while all others are in use', async () => {
    const versionIds = await Promise.all([8, 9, 10, 11, 12].map((seed) => saveUntrainedModel(seed)));
    const models = openModels(await openEngine('wasm'));
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const inUse = versionIds.slice(0, 4).map((id) => models.use(id, () => ended));
    const last = versionIds[4] as number;
    const used = await models.use(last, async (model) => model);
    expect(await models.use(last, async (model) => model)).toBe(used);
    end();
    await Promise.all(inUse);
    await models.close();
  });
});
