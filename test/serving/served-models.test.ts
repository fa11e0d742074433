import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { ServedModels } from '../../src/serving/served-models.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

describe('ServedModels', () => {
  const db = testDatabase();
  let catalog: LiveCatalog;

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(1, 3)), { ratingScale: { minimum: 1, maximum: 5 } });
    catalog = await LiveCatalog.open({ database: db.database, connections: db.pool });
  });

  test.each(['wasm', 'onnx'] as const)('frees a version that is in use only after that use, on %s', async (name) => {
    const version = await serveUntrainedModel(db.database, 1);
    const models = new ServedModels(db.database, await openEngine(name), catalog.items, 100);
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

  test('keeps at most four versions, and loads an earlier one again', async () => {
    const versions: number[] = [];
    for (let seed = 1; seed <= 6; seed++) versions.push(await serveUntrainedModel(db.database, seed));
    const models = new ServedModels(db.database, await openEngine('wasm'), catalog.items, 100);
    const loaded = await Promise.all(versions.map((id) => models.use(id, async (model) => model)));
    const again = await models.use(versions[5] as number, async (model) => model);
    expect(again).toBe(loaded[5]);
    expect(await models.use(versions[0] as number, async (model) => model)).not.toBe(loaded[0]);
    await models.close();
  });
});
