import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createApiKey } from '../../src/access/api-keys.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/run-sql.ts';
import { type Answer, type Ask, clientOf } from '../support/server-client.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel, untrainedModel } from '../support/test-model.ts';

jest.setTimeout(180_000);
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

/**
 * The times within which changes count on every server. The median of several tries must be within them. A busy machine
 * may need longer for a single try.
 */
const changeMilliseconds = 1000;
const promotionMilliseconds = 2000;
const busyMilliseconds = 1000;
/** Servers are notified of most changes. Without notifications, the median would be half a second. */
const notifiedMilliseconds = 300;

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}

const itemCount = 30;
const limits = {
  WARMSTART_COST_PER_MINUTE: '1000000000',
  WARMSTART_REQUESTS_PER_MINUTE: '1000000',
  WARMSTART_FAILED_AUTHENTICATIONS_PER_MINUTE: '1000000',
};

interface Edge {
  readonly node: { readonly externalId: string; readonly title: string };
  readonly interactions?: number;
  readonly modelVersion?: { readonly id: string };
}

describe('two servers on one database', () => {
  const servers: ServerProcess[] = [];
  // Before the database is dropped, which fails while the servers have connections to it.
  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL');
    await Promise.all(servers.map(({ ended }) => ended));
  });
  const db = testDatabase();
  let one: Ask;
  let other: Ask;

  beforeAll(async () => {
    const items = Array.from({ length: itemCount }, (_, index) => `i${index + 1}`);
    const interactions = items.map((item, index) => rating(`u${(index % 4) + 3}`, item, (index % 5) + 1));
    const scenarios = [{ id: 's', title: 'S', items: [] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(6, itemCount), interactions, scenarios }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
    await serveUntrainedModel(db.database, 1);
    const { secret } = await createApiKey(db.database, { name: 'tests', role: 'ADMIN' });
    const settings = { DATABASE_URL: db.url, WARMSTART_ENGINE: 'wasm', ...limits };
    servers.push(...(await Promise.all([startServerProcess(settings), startServerProcess(settings)])));
    [one, other] = servers.map((server) => clientOf(server, secret)) as [Ask, Ask];
  });

  async function succeed(answer: Promise<Answer>) {
    const { status, data, errors } = await answer;
    expect({ status, errors }).toEqual({ status: 200 });
    return data;
  }
  const record = (ask: Ask, user: string, item: string) =>
    succeed(
      ask(
        `mutation ($user: ID!, $item: ID!) {
          recordInteractions(input: { interactions: [{ user: $user, item: $item, type: RATE, value: 5 }] }) {
            results { recorded } userErrors { message } } }`,
        { user, item },
      ),
    ).then((data) => expect(data.recordInteractions).toEqual({ results: [{ recorded: true }], userErrors: [] }));
  const edges = 'edges { node { externalId title } }';
  const idsOf = (connection: { edges: Edge[] }) => connection.edges.map(({ node }) => node.externalId);
  const upsert = (ask: Ask, externalId: string, title: string) =>
    succeed(
      ask(`mutation ($item: ItemInput!) { upsertItems(input: { items: [$item] }) { userErrors { message } } }`, {
        item: { externalId, title, features: { genres: ['odd'], length: 3 } },
      }),
    ).then((data) => expect(data.upsertItems.userErrors).toEqual([]));

  describe('an interaction', () => {
    const listOf = async (ask: Ask, user: string) =>
      idsOf(
        (
          await succeed(
            ask(`query ($user: ID!) { recommendations(for: { user: $user }, first: 100) { ${edges} } }`, { user }),
          )
        ).recommendations,
      );

    test('that one server recorded counts at once in the list that another server makes', async () => {
      let [writer, reader] = [one, other];
      for (let left = itemCount; left > itemCount - 12; left--) {
        const list = await listOf(reader, 'u1');
        expect(list).toHaveLength(left);
        const seen = list[Math.floor(left / 2)] as string;
        await record(writer, 'u1', seen);
        // An item that the user has seen is not recommended again.
        expect((await listOf(reader, 'u1')).sort()).toEqual(list.filter((item) => item !== seen).sort());
        [writer, reader] = [reader, writer];
      }
    });

    test('with an item that another server has just stored counts at once', async () => {
      for (let time = 1; time <= 5; time++) {
        await upsert(one, `just-${time}`, `Just ${time}`);
        await record(other, 'u2', `just-${time}`);
        expect(await listOf(other, 'u2')).not.toContain(`just-${time}`);
        expect(await listOf(one, 'u2')).not.toContain(`just-${time}`);
      }
    });
  });

  describe('a change of the catalog through one server counts on the other within a second:', () => {
    const lists = async (ask: Ask) => {
      const visitor = '{ visitor: { interactions: [{ item: "i2", type: RATE, value: 5 }] } }';
      const data = await succeed(
        ask(`{ popularItems(first: 100) { edges { interactions node { externalId title } } }
          recommendations(for: ${visitor}, first: 100) { ${edges} }
          pool: recommendations(for: ${visitor}, scenario: "s", first: 100) { ${edges} } }`),
      );
      return data as Record<'popularItems' | 'recommendations' | 'pool', { edges: Edge[] }>;
    };
    const times: Record<string, number[]> = {};
    afterAll(() => {
      if (process.env.WARMSTART_SLOW_TESTS) process.stdout.write(`times, in ms: ${JSON.stringify(times)}\n`);
    });

    type Has = (found: Awaited<ReturnType<typeof lists>>) => boolean;

    /**
     * Makes a change and measures how long it takes until the other server's lists have it. With `atOnce`, the server
     * that stores the change must have it at once.
     */
    async function counts(name: string, change: () => Promise<unknown>, has: Has, { atOnce = false } = {}) {
      expect(has(await lists(other))).toBe(false);
      await change();
      const changed = performance.now();
      const own = lists(one);
      await eventually(async () => has(await lists(other)), { every: 5 });
      const milliseconds = performance.now() - changed;
      times[name] = [...(times[name] ?? []), Math.round(milliseconds)];
      expect(milliseconds).toBeLessThan(changeMilliseconds + busyMilliseconds);
      const found = await own;
      if (atOnce) expect(has(found)).toBe(true);
    }
    const countsAtOnce = (name: string, change: () => Promise<unknown>, has: Has) =>
      counts(name, change, has, { atOnce: true });
    const inBoth = (externalId: string, { popularItems, recommendations }: Awaited<ReturnType<typeof lists>>) =>
      [popularItems, recommendations].map((list) => list.edges.find(({ node }) => node.externalId === externalId));
    const available = (items: string[], value: boolean) =>
      succeed(
        one(
          `mutation ($items: [ID!]!, $value: Boolean!) {
            setItemAvailability(input: { items: $items, available: $value }) { userErrors { message } } }`,
          { items, value },
        ),
      );

    test('a new item, a new title, unavailable and available again, erased by SQL', async () => {
      for (let time = 1; time <= 3; time++) {
        const id = `new-${time}`;
        const listed = (found: Awaited<ReturnType<typeof lists>>) =>
          inBoth(id, found).every((edge) => edge !== undefined);
        const gone = (found: Awaited<ReturnType<typeof lists>>) =>
          inBoth(id, found).every((edge) => edge === undefined);
        await countsAtOnce('new item', () => upsert(one, id, 'Old title'), listed);
        await countsAtOnce(
          'new title',
          () => upsert(one, id, 'New title'),
          (found) => inBoth(id, found).every((edge) => edge?.node.title === 'New title'),
        );
        await countsAtOnce('unavailable', () => available([id], false), gone);
        await countsAtOnce('available', () => available([id], true), listed);
        await counts('erased', () => runSql(db.url, `DELETE FROM items WHERE external_id = '${id}'`), gone);
      }
    });

    test('the pool of a scenario', async () => {
      const pool = (items: string[]) =>
        succeed(
          one(
            `mutation ($items: [ID!]!) { setScenarioItems(input: { scenario: "s", items: $items }) { userErrors { message } } }`,
            { items },
          ),
        );
      for (const items of [['i5'], ['i5', 'i6'], ['i7']])
        await countsAtOnce(
          'pool',
          () => pool(items),
          (found) => String(idsOf(found.pool).sort()) === String(items),
        );
    });

    test('the popularity of an item', async () => {
      const interactions = (found: Awaited<ReturnType<typeof lists>>) =>
        found.popularItems.edges.find(({ node }) => node.externalId === 'i3')?.interactions ?? 0;
      for (let time = 0; time < 4; time++) {
        const before = interactions(await lists(other));
        await counts(
          'popularity',
          () => record(one, 'u5', 'i3'),
          (found) => interactions(found) === before + 1,
        );
      }
      expect(medianOf(times.popularity as number[])).toBeLessThan(changeMilliseconds);
    });

    test('most of these changes after a notification, and not only at the reading of each second', () => {
      const { popularity: _read, ...notified } = times;
      const all = Object.values(notified).flat();
      expect(all.length).toBeGreaterThanOrEqual(18);
      expect(medianOf(all)).toBeLessThan(notifiedMilliseconds);
    });
  });

  test.each([
    ['recommendations', 'recommendations(for: { user: "u6" }, first: $first, after: $after)'],
    ['popular items', 'popularItems(first: $first, after: $after)'],
  ])('a page of %s that began on one server continues on the other as it was', async (_what, field) => {
    const query = `query ($first: Int!, $after: String) {
      list: ${field} { ${edges} pageInfo { endCursor hasNextPage } } }`;
    const page = async (ask: Ask, first: number, after?: string) =>
      (await succeed(ask(query, { first, after }))).list as {
        edges: Edge[];
        pageInfo: { endCursor: string; hasNextPage: boolean };
      };
    // The servers know what was stored before.
    await eventually(async () => String(idsOf(await page(one, 100))) === String(idsOf(await page(other, 100))));
    const whole = idsOf(await page(one, 100));
    const paged: string[] = [];
    let [reader, next] = [one, other];
    for (let after: string | undefined, more = true; more; ) {
      const read = await page(reader, 4, after);
      paged.push(...idsOf(read));
      [after, more] = [read.pageInfo.endCursor, read.pageInfo.hasNextPage];
      // What comes later is not part of the list, wherever it was stored.
      await record(reader, 'u6', paged.at(-1) as string);
      await upsert(next, `later-${paged.length}-${field.length}`, 'Later');
      [reader, next] = [next, reader];
    }
    expect(paged).toEqual(whole);
  });

  test('a key that one server revokes is refused there at once, and by the other within a second', async () => {
    const times: number[] = [];
    for (let time = 0; time < 5; time++) {
      const { apiKey, secret } = await createApiKey(db.database, { name: 'revoked', role: 'CLIENT' });
      const [withOne, withOther] = servers.map((server) => clientOf(server, secret)) as [Ask, Ask];
      const uses = () => Promise.all([withOne('{ __typename }'), withOther('{ __typename }')]);
      expect((await uses()).map(({ status }) => status)).toEqual([200, 200]);
      const id = encodeGlobalId('ApiKey', apiKey.id);
      await succeed(one(`mutation { revokeApiKey(input: { apiKey: "${id}" }) { userErrors { message } } }`));
      const revoked = performance.now();
      expect((await withOne('{ __typename }')).status).toBe(401);
      await eventually(async () => (await withOther('{ __typename }')).status === 401, { every: 5 });
      times.push(performance.now() - revoked);
    }
    // Without the notification, the other server would remember the key for a second.
    expect(medianOf(times)).toBeLessThan(notifiedMilliseconds);
    expect(Math.max(...times)).toBeLessThan(changeMilliseconds + busyMilliseconds);
  });

  describe('a promotion', () => {
    /** Promotes versions in turn while both servers make lists, and returns the longest time until both use one. */
    async function swap(times: number): Promise<number> {
      const versions = await Promise.all(
        [2, 3].map(async (seed) =>
          saveModelVersion(db.database, 'USER', await untrainedModel(db.database, seed), {}, { servesFrom: null }),
        ),
      );
      const made = new Map<Ask, string | undefined>();
      let running = true;
      let requests = 0;
      const load = async (ask: Ask, user: string) => {
        while (running) {
          const { recommendations } = await succeed(
            ask(`{ recommendations(for: { user: "${user}" }, first: 3) { degraded edges { modelVersion { id } } } }`),
          );
          expect(recommendations.degraded).toBe(false);
          made.set(ask, recommendations.edges[0].modelVersion.id);
          requests++;
        }
      };
      const loads = [one, other].flatMap((ask) => ['u3', 'u4'].map((user) => load(ask, user)));
      const milliseconds: number[] = [];
      const swaps = (async () => {
        for (let time = 0; time < times; time++) {
          const id = encodeGlobalId('ModelVersion', versions[time % 2]?.id as number);
          const promote = `mutation { promoteModel(input: { modelVersion: "${id}" }) { userErrors { message } } }`;
          await succeed((time % 3 === 0 ? one : other)(promote));
          const promoted = performance.now();
          await eventually(async () => [one, other].every((ask) => made.get(ask) === id), { every: 5 });
          milliseconds.push(performance.now() - promoted);
        }
      })().finally(() => {
        running = false;
      });
      await Promise.all([swaps, ...loads]);
      expect(requests).toBeGreaterThan(4 * times);
      expect(medianOf(milliseconds)).toBeLessThan(promotionMilliseconds);
      const longest = Math.max(...milliseconds);
      expect(longest).toBeLessThan(promotionMilliseconds + busyMilliseconds);
      return longest;
    }

    test('reaches both servers within 2 s, and no request fails', async () => {
      await swap(4);
    });

    slow('a hundred times under load fails no request', async () => {
      const longest = await swap(100);
      process.stdout.write(`longest time until both servers used a promoted version: ${Math.round(longest)} ms\n`);
    });
  });
});
