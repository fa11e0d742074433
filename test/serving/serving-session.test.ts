import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { RecommendationService } from '../../src/serving/recommendation-service.ts';
import type { ServingSession } from '../../src/serving/serving-session.ts';
import { findSimilarItems } from '../../src/serving/similar-items.ts';
import { countStatements } from '../support/count-statements.ts';
import { eventually } from '../support/eventually.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('a serving session', () => {
  const db = testDatabase();
  let service: RecommendationService;

  const list = (session: ServingSession, user: string, scenario?: string) =>
    recommend(session, { for: { user }, scenario, first: 3 });
  const versionOf = async (session: ServingSession, user: string, scenario?: string) =>
    (await list(session, user, scenario)).recommendations[0]?.modelVersionId;

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 12), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = new RecommendationService({ database: db.database, engine, candidates: 1000, ratingScale });
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
    const session = service.session();
    expect(await versionOf(session, 'u1')).toBe(user);
    const promoted = await serveUntrainedModel(db.database, 3);
    await serveUntrainedModel(db.database, 4, { taskKind: 'SCENARIO', support: 'positives' });
    expect(await versionOf(session, 'u2')).toBe(user);
    expect(await versionOf(session, 'u2', 's1')).toBe(scenario);
    const similar = await findSimilarItems(session, { item: 'i1', first: 1 });
    expect(similar.items[0]?.modelVersionId).toBe(user);
    expect(await versionOf(service.session(), 'u2')).toBe(promoted);
  });

  test('reads a user once for several lists', async () => {
    await list(service.session(), 'u1');
    const session = service.session();
    const ofFirst = await countStatements(() => list(session, 'u1'));
    const ofSecond = await countStatements(() => list(session, 'u1'));
    // The moment, the user, the history and the candidates; then only the candidates.
    expect([ofFirst, ofSecond]).toEqual([4, 1]);
  });

  test('leaves room for the reads of other sessions, even with many lists', async () => {
    await serveUntrainedModel(db.database, 3);
    const [busy, other] = [service.session(), service.session()];
    const writer = await db.pool.connect();
    await writer.query('BEGIN');
    await writer.query('LOCK TABLE item_popularity');
    const items = Array.from({ length: 12 }, (_, index) => `i${index + 1}`);
    const lists = items.map((item) => findSimilarItems(busy, { item, first: 1 }));
    const waiting = `
      SELECT count(*)::int FROM pg_locks JOIN pg_database ON pg_database.oid = database
      WHERE NOT granted AND datname = current_database()`;
    const count = async () => (await db.pool.query<{ count: number }>(waiting)).rows[0]?.count ?? 0;
    await eventually(async () => (await count()) >= 2);
    await expect(other.read(async () => 'read')).resolves.toBe('read');
    expect(await count()).toBe(2);
    await writer.query('COMMIT');
    writer.release();
    expect(await Promise.all(lists)).toHaveLength(12);
  });

  test('reads several users in one statement', async () => {
    const session = service.session();
    await session.moment();
    const users = ['u1', 'u2', 'u3', 'u4'].map((user) => ({ user }));
    expect(await countStatements(() => Promise.all(users.map((user) => session.recipient(user))))).toBe(1);
  });

  test('reads the candidates of a ranking model once', async () => {
    await serveUntrainedModel(db.database, 5, { support: 'positivesAndNegatives' });
    await list(service.session(), 'u1');
    // The moment, the user, the history, the negatives, and the candidates.
    expect(await countStatements(() => list(service.session(), 'u1'))).toBe(5);
  });

  test('a failure in one session does not affect the next session', async () => {
    const session = service.session();
    await expect(list(session, 'late')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    await db.database.user.create({ data: { externalId: 'late' } });
    expect((await list(service.session(), 'late')).recommendations).toHaveLength(3);
  });
});
