import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { AverageTasks } from '../../src/explanation/sample-tasks.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { openLists } from '../support/open-lists.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

describe('AverageTasks', () => {
  const db = testDatabase();

  test('reads a sample to its end, for others that wait for it, when the time of its first request is over', async () => {
    const interactions = ['u1', 'u2', 'u3'].map((user) => rating(user, 'i1', 4));
    const dataset = smallDataset({ ...smallCatalog(4, 4), interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    const version = await serveUntrainedModel(db.database, 1);
    const lists = await openLists(db, await openEngine('wasm'));
    await lists.session();
    const signal = AbortSignal.abort(new Error('over'));
    const session = lists.service.session({ signal, check: () => signal.throwIfAborted() });
    const sample = await session.platform.models.use(version, (model) => new AverageTasks().of(session, model, 'USER'));
    expect(sample).toHaveLength(3);
    await lists.close();
  });
});
