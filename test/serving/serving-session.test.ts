import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recommend } from '../../src/serving/recommend.ts';
import type { ServingSession } from '../../src/serving/serving-session.ts';
import { findSimilarItems } from '../../src/serving/similar-items.ts';
import { countStatements } from '../support/count-statements.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('a serving session', () => {
  const db = testDatabase();
  let service: Lists;

  const list = (session: ServingSession, user: string, scenario?: string) =>
    recommend(session, { for: { user }, scenario, first: 3 });
  const versionOf = async (session: ServingSession, user: string, scenario?: string) =>
    (await list(session, user, scenario)).recommendations[0]?.modelVersionId;

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 12), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
    for (const userId of ['u1', 'u2'])
      await recordInteraction(db.pool, ratingScale, { userId, itemId: 'i3', type: 'RATE', value: 4 });
  });
  afterAll(() => service.close());

  test('makes all lists with the versions that were active at its first list, even after a promotion', async () => {
    const user = await serveUntrainedModel(db.database, 1);
    const scenario = await serveUntrainedModel(db.database, 2, {
      taskKind: 'SCENARIO',
      support: 'positives',
    });
    const session = await service.session();
    expect(await versionOf(session, 'u1')).toBe(user);
    const promoted = await serveUntrainedModel(db.database, 3);
    await serveUntrainedModel(db.database, 4, { taskKind: 'SCENARIO', support: 'positives' });
    expect(await versionOf(session, 'u2')).toBe(user);
    expect(await versionOf(session, 'u2', 's1')).toBe(scenario);
    const similar = await findSimilarItems(session, { item: 'i1', first: 1 });
    expect(similar.items[0]?.modelVersionId).toBe(user);
    expect(await versionOf(await service.session(), 'u2')).toBe(promoted);
  });

  test('reads a user once for several lists', async () => {
    await list(await service.session(), 'u1');
    const session = await service.session();
    const ofFirst = await countStatements(() => list(session, 'u1'));
    const ofSecond = await countStatements(() => list(session, 'u1'));
    // The user with the history; everything else is in memory.
    expect([ofFirst, ofSecond]).toEqual([1, 0]);
  });

  test('reads only the user for a later page, in a scenario too', async () => {
    for (const scenario of [undefined, 's1']) {
      const first = await recommend(await service.session(), { for: { user: 'u1' }, scenario, first: 1 });
      const after = first.recommendations[0]?.cursor ?? null;
      const session = await service.session();
      const page = () => recommend(session, { for: { user: 'u1' }, scenario, first: 1, after });
      expect(await countStatements(page)).toBe(1);
    }
  });

  test('reads several users in one statement', async () => {
    const session = await service.session();
    await session.moment();
    const users = ['u1', 'u2', 'u3', 'u4'].map((user) => ({ user }));
    expect(await countStatements(() => Promise.all(users.map((user) => session.recipient(user))))).toBe(1);
  });

  test('a failure in one session does not affect the next session', async () => {
    const session = await service.session();
    await expect(list(session, 'late')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    await db.database.user.create({ data: { externalId: 'late' } });
    expect((await list(await service.session(), 'late')).recommendations).toHaveLength(3);
  });
});
