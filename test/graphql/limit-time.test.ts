import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import type { WarmstartError } from '../../src/common/errors.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { eventually } from '../support/eventually.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

jest.setTimeout(60_000);

const users = 500;
const operationSeconds = 1;
const tooLong = {
  message: 'the operation took longer than 1 s; request less at once, or try again in a few seconds',
  extensions: { code: 'UNAVAILABLE' },
};
const maps = `{ ${['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: contextMap(taskKind: USER, sample: ${users}, method: UMAP) { points { x y } }`)} }`;

/** Knows which maps are in progress, and how the others ended. */
class ObservedExplanations extends ExplanationService {
  inProgress = 0;
  readonly outcomes: string[] = [];

  override async mapContexts(...given: Parameters<ExplanationService['mapContexts']>) {
    this.inProgress++;
    try {
      const map = await super.mapContexts(...given);
      this.outcomes.push('OK');
      return map;
    } catch (error) {
      this.outcomes.push((error as WarmstartError).code);
      throw error;
    } finally {
      this.inProgress--;
    }
  }
}

describe('the time of an operation', () => {
  const db = testDatabase();
  const explanations = new ObservedExplanations();
  const server = testServer(db, { operationSeconds, explanations });
  const patient = testServer(db, { explanations });

  beforeAll(async () => {
    const catalog = smallCatalog(users, 12);
    const interactions = catalog.users.map(({ id }, user) => rating(id, `i${1 + (user % 12)}`, 1 + (user % 5)));
    await loadDataset(db.pool, smallDataset({ ...catalog, interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
    await serveUntrainedModel(db.database, 1, { ids: ['item'] });
  });

  const releases: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const release of releases.splice(0)) await release();
  });

  /** Makes every statement that needs the table wait until the returned function is called, or the test ends. */
  async function block(table: string) {
    const blocker = await db.pool.connect();
    await blocker.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    let blocks = true;
    const release = async () => {
      if (!blocks) return;
      blocks = false;
      await blocker.query('ROLLBACK');
      blocker.release();
    };
    releases.push(release);
    return release;
  }

  async function ask(query: string, { url = server.url, authorization = server.authorization, signal }: Asked = {}) {
    const startedAt = performance.now();
    const headers = { 'content-type': 'application/json', authorization };
    const response = await fetch(url, {
      ...{ method: 'POST', headers, body: JSON.stringify({ query }) },
      ...(signal && { signal }),
    });
    const body = (await response.json()) as { data?: Record<string, unknown>; errors?: object[] };
    const retryAfter = response.headers.get('retry-after');
    return { ...body, status: response.status, retryAfter, seconds: (performance.now() - startedAt) / 1000 };
  }
  interface Asked {
    readonly url?: string;
    readonly authorization?: string;
    readonly signal?: AbortSignal;
  }

  test('ends a query that waits for the database, with 503', async () => {
    await ask('{ __typename }');
    await block('users');
    const { seconds, ...answer } = await ask('{ user(externalId: "u1") { externalId } }');
    expect(answer).toEqual({
      data: { user: null },
      errors: [expect.objectContaining({ ...tooLong, path: ['user'] })],
      status: 503,
      retryAfter: '5',
    });
    expect(seconds).toBeGreaterThanOrEqual(operationSeconds);
    expect(seconds).toBeLessThan(operationSeconds + 1);
  });

  test('leaves the fields that were answered before it was over', async () => {
    await ask('{ __typename }');
    await block('users');
    const answer = await ask('{ item(externalId: "i1") { title } user(externalId: "u1") { externalId } }');
    expect(answer).toMatchObject({
      status: 200,
      data: { item: { title: 'Item 1' }, user: null },
      errors: [{ ...tooLong, path: ['user'] }],
    });
  });

  test('ends while a list below the root waits', async () => {
    await ask('{ __typename }');
    await block('scenario_items');
    const answer = await ask('{ item(externalId: "i1") { title scenarios { title } } }');
    expect(answer).toMatchObject({ errors: [{ ...tooLong, path: ['item', 'scenarios'] }] });
    expect(answer.seconds).toBeLessThan(operationSeconds + 1);
  });

  test('ends while the key of the caller is looked up, also for a mutation', async () => {
    const { secret } = await createApiKey(db.database, { name: 'new', role: 'ADMIN' });
    await block('api_keys');
    const answer = await ask('mutation { deleteUser(input: { user: "u9" }) { deletedId } }', {
      authorization: `Bearer ${secret}`,
    });
    expect(answer).toMatchObject({ status: 503, errors: [tooLong] });
    expect(answer.seconds).toBeLessThan(operationSeconds + 1);
    expect(await db.database.user.count({ where: { externalId: 'u9' } })).toBe(1);
  });

  test('does not end a mutation, whose answer says what was stored', async () => {
    await ask('{ __typename }');
    const release = await block('users');
    const answer = ask(
      'mutation { upsertUsers(input: { users: [{ externalId: "new" }] }) { users { externalId interactions(first: 1) { edges { cursor } } } userErrors { message } } }',
    );
    await setTimeout(1000 * operationSeconds + 500);
    await release();
    const { seconds, ...rest } = await answer;
    expect(rest).toMatchObject({
      status: 200,
      data: { upsertUsers: { users: [{ externalId: 'new', interactions: { edges: [] } }], userErrors: [] } },
    });
    expect(seconds).toBeGreaterThan(operationSeconds);
    expect(await db.database.user.count({ where: { externalId: 'new' } })).toBe(1);
  });

  test('ends a query that computes for long, and its work', async () => {
    await server.ask('{ __typename }');
    const { status, errors, seconds } = await ask(maps);
    expect({ status, errors }).toMatchObject({ status: 503, errors: Array(5).fill(tooLong) });
    expect(seconds).toBeLessThan(operationSeconds + 1);
    expect(await outcomesOfMaps()).toEqual(Array(5).fill('UNAVAILABLE'));
  });

  test('is over when the client is gone', async () => {
    await patient.ask('{ __typename }');
    const { url, authorization } = patient;
    const gone = new AbortController();
    const answer = ask(maps, { url, authorization, signal: gone.signal });
    answer.catch(() => {});
    await eventually(async () => explanations.inProgress === 5);
    gone.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(await outcomesOfMaps()).toEqual(Array(5).fill('INTERRUPTED'));
  });

  /** Returns how all maps ended, which must be within a second. */
  async function outcomesOfMaps(): Promise<readonly string[]> {
    await eventually(async () => explanations.inProgress === 0, { within: 1000 });
    return explanations.outcomes.splice(0);
  }
});
