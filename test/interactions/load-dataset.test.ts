import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { InteractionRecord, Reject, UserRecord } from '../../src/datasets/dataset.ts';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { type LoadOptions, loadDataset } from '../../src/interactions/load-dataset.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { described } from '../mappings/movielens-folders.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { rating, smallCatalog, smallDataset, smallFields } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('loadDataset', () => {
  const db = testDatabase();
  const catalog = smallCatalog(3, 4);
  const interactions = [rating('u1', 'i2', 5), rating('u1', 'i1', 1.5), rating('u2', 'i2', 4)];
  const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i-unknown'] }];
  const whole = smallDataset({ ...catalog, scenarios, interactions });

  test('stores users, items, scenarios with their pools, and interactions', async () => {
    const report = await loadDataset(db.pool, whole, { ratingScale });
    expect(report).toEqual({
      users: { read: 3, added: 3, changed: 0 },
      items: { read: 4, added: 4, changed: 0 },
      scenarios: { read: 1, added: 1, changed: 0 },
      interactions: { read: 3, added: 3, changed: 0 },
      rejected: 0,
    });
    const pool = await db.database.scenarioItem.findMany({
      include: { item: true },
      orderBy: { itemId: 'asc' },
    });
    expect(pool.map(({ item }) => item.externalId)).toEqual(['i1', 'i2']);
  });

  test('keeps a user’s interactions in the order of the dataset', async () => {
    const rows = await db.database.interaction.findMany({
      where: { user: { externalId: 'u1' } },
      orderBy: { id: 'asc' },
      include: { item: true },
    });
    expect(rows.map(({ item, value }) => [item.externalId, value])).toEqual([
      ['i2', 5],
      ['i1', 1.5],
    ]);
  });

  test('counts the interactions and the positives of each item as its popularity', async () => {
    const rows = await db.database.itemPopularity.findMany({
      include: { item: true },
      orderBy: { itemId: 'asc' },
    });
    expect(rows.map(({ item, interactions, positives }) => [item.externalId, interactions, positives])).toEqual([
      ['i1', 1, 0],
      ['i2', 2, 2],
    ]);
  });

  test('loads nothing if the catalog would have more items than servers keep in memory', async () => {
    const before = await everything(db.database);
    const larger = smallDataset({ ...smallCatalog(4, 6), interactions: [rating('u4', 'i6', 5)] });
    await expect(loadDataset(db.pool, larger, { ratingScale, maxItems: 5 })).rejects.toThrow(
      'WARMSTART_MAX_ITEMS: expected at most 5 items in the catalog, got 6',
    );
    expect(await everything(db.database)).toEqual(before);
    await loadDataset(db.pool, whole, { ratingScale, maxItems: 4 });
  });

  test('changes nothing when the same dataset is loaded again', async () => {
    const before = await everything(db.database);
    const report = await loadDataset(db.pool, whole, { ratingScale });
    expect(
      [report.users, report.items, report.scenarios, report.interactions].map(({ added, changed }) => added + changed),
    ).toEqual([0, 0, 0, 0]);
    expect(await everything(db.database)).toEqual(before);
  });

  test('stores a changed rating as another interaction after the earlier one', async () => {
    const report = await loadDataset(db.pool, smallDataset({ interactions: [rating('u2', 'i2', 1)] }), {
      ratingScale,
    });
    expect(report.interactions).toEqual({ read: 1, added: 1, changed: 0 });
    const rows = await db.database.interaction.findMany({
      where: { user: { externalId: 'u2' } },
      orderBy: { id: 'asc' },
    });
    expect(rows.map(({ value }) => value)).toEqual([4, 1]);
  });

  test('replaces changed features and increments the revision of those items only', async () => {
    const items = catalog.items.map((item) => (item.id === 'i3' ? { ...item, features: { genres: ['new'] } } : item));
    const report = await loadDataset(db.pool, smallDataset({ items }), { ratingScale });
    expect(report.items).toEqual({ read: 4, added: 0, changed: 1 });
    const rows = await db.database.item.findMany({ orderBy: { id: 'asc' } });
    expect(rows.map(({ externalId, revision }) => [externalId, revision])).toEqual([
      ['i1', 1],
      ['i2', 1],
      ['i3', 2],
      ['i4', 1],
    ]);
  });

  test('rejects rows with unknown users, unknown items, ratings outside the scale or too large values, and loads the rest', async () => {
    const rejects: Reject[] = [];
    const report = await loadDataset(
      db.pool,
      smallDataset({
        interactions: [
          rating('nobody', 'i1', 3),
          rating('u3', 'nothing', 3),
          rating('u3', 'i3', 6),
          { ...rating('u3', 'i3', 1e308), type: 'VIEW' },
          rating('u3', 'i4', 2),
        ],
      }),
      { ratingScale, onReject: (reject) => rejects.push(reject) },
    );
    expect(report).toMatchObject({ rejected: 4, interactions: { read: 1, added: 1 } });
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'there is no user with the ID "nobody"; --create-missing creates it'],
      [2, 'there is no item with the ID "nothing"; --create-missing creates it'],
      [3, 'expected a rating from 1 to 5, got 6'],
      [4, 'expected a value from 0 to 1000000000000, got 1e+308'],
    ]);
  });

  test('tells that users and items of interactions are swapped, instead of how to create them', async () => {
    const rejects: Reject[] = [];
    const swapped = smallDataset({
      interactions: [rating('i1', 'u3', 3), rating('i2', 'u3', 3), rating('nobody', 'i1', 3)],
    });
    await loadDataset(db.pool, swapped, { ratingScale, dryRun: true, onReject: (reject) => rejects.push(reject) });
    expect(rejects.map(({ reason }) => reason)).toEqual(
      ['i1', 'i2', 'nobody'].map(
        (id) =>
          `there is no user with the ID "${id}"; most users of these rows are stored as items, or most items as users; ` +
          'swap "user" and "item" of the mapping',
      ),
    );
  });

  test('loads nothing in strict mode if one row is rejected', async () => {
    const before = await everything(db.database);
    const load = loadDataset(
      db.pool,
      smallDataset({
        users: [{ id: 'u9', features: {} }],
        interactions: [rating('u9', 'i1', 5), rating('u9', 'i1', 0)],
      }),
      { ratingScale, strict: true },
    );
    await expect(load).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: '1 row was rejected, so nothing was loaded',
    });
    expect(await everything(db.database)).toEqual(before);
  });

  test('rejects an ID that is empty, is too long or contains U+0000', async () => {
    const rejects: Reject[] = [];
    const users = ['', 'x'.repeat(257), 'a\0b'].map((id) => ({ id, features: {} }));
    await loadDataset(db.pool, smallDataset({ users }), {
      ratingScale,
      onReject: (reject) => rejects.push(reject),
    });
    expect(rejects.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test('rejects features that the API would refuse, and loads the rest', async () => {
    const rejects: Reject[] = [];
    const users: UserRecord[] = [
      { id: 'u11', features: { region: 'north' } },
      { id: 'u12', features: { city: 'x' } },
    ];
    const items = [1e16, 1e15].map((length) => ({ id: `i${length}`, title: 'long', features: { length } }));
    const options = { ratingScale, onReject: (reject: Reject) => rejects.push(reject) };
    expect(await loadDataset(db.pool, smallDataset({ users, items }), options)).toMatchObject({
      users: { read: 1, added: 1 },
      items: { read: 1, added: 1 },
      rejected: 2,
    });
    expect(rejects.map(({ file, line, reason }) => [file, line, reason])).toEqual([
      ['users', 2, 'features.city: expected a declared user feature (region), got "city"'],
      [
        'items',
        1,
        'features.length: expected a number from -1e+15 to 1e+15 for the numeric item feature "length", got 10000000000000000',
      ],
    ]);
  });

  test('refuses a dataset that declares an existing feature with another kind', async () => {
    const fields = smallFields.map((field) =>
      field.name === 'length' ? { ...field, kind: 'categorical' as const } : field,
    );
    await expect(loadDataset(db.pool, smallDataset({ fields }), { ratingScale })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'the item feature "length" is declared as numeric and cannot become categorical',
    });
  });

  test('stores tabs, backslashes, line breaks and the text \\N unchanged', async () => {
    const title = 'tab\tback\\slash\nline\r\\N';
    await loadDataset(db.pool, smallDataset({ items: [{ id: '\\N', title, features: { genres: ['a\\b\t'] } }] }), {
      ratingScale,
    });
    expect(await db.database.item.findUniqueOrThrow({ where: { externalId: '\\N' } })).toMatchObject({
      title,
      features: { genres: ['a\\b\t'] },
    });
  });
});

describe('loadDataset of an event log', () => {
  const db = testDatabase();
  const event = (userId: string, itemId: string, day: number): InteractionRecord => ({
    userId,
    itemId,
    type: 'VIEW',
    value: null,
    time: new Date(Date.UTC(2025, 0, day)),
  });
  const log = [event('u2', 'new', 9), event('u1', 'i1', 8), event('other', 'new', 3), event('u1', 'i2', 2)];
  const catalog = { ...smallCatalog(2, 2), scenarios: [{ id: 's1', title: 'First', items: ['i1'] }] };
  const load = async (interactions: readonly InteractionRecord[], options: Partial<LoadOptions> = {}) => {
    const rejects: Reject[] = [];
    const onReject = (reject: Reject) => rejects.push(reject);
    const dataset = smallDataset({ ...catalog, interactions });
    const report = await loadDataset(db.pool, dataset, { ratingScale, ...options, onReject });
    return { report, rejects: rejects.map(({ line, reason }) => [line, reason]) };
  };
  const count = ({ report: { users, items, scenarios, interactions } }: Awaited<ReturnType<typeof load>>) =>
    [users, items, scenarios, interactions].map(({ read, added }) => [read, added]);

  beforeEach(() => db.pool.query('TRUNCATE users, items, scenarios CASCADE'));

  test('creates users and items that the catalog lacks, with the ID as the title, if this is chosen', async () => {
    const created = await load(log, { createMissing: true });
    expect(created.rejects).toEqual([]);
    expect(count(created)).toEqual([
      [3, 3],
      [3, 3],
      [1, 1],
      [4, 4],
    ]);
    expect(await db.database.item.findUnique({ where: { externalId: 'new' } })).toMatchObject({
      title: 'new',
      features: {},
      available: true,
    });
    const rows = await db.database.interaction.findMany({
      orderBy: { id: 'asc' },
      include: { user: true, item: true },
    });
    const own = rows.filter(({ user }) => user.externalId === 'u1').map(({ item }) => item.externalId);
    expect(own).toEqual(['i2', 'i1']);
    const names = rows.map(({ user, item }) => `${user.externalId} ${item.externalId}`);
    expect(names.toSorted()).toEqual(['other new', 'u1 i1', 'u1 i2', 'u2 new']);
    expect(count(await load(log, { createMissing: true })).map(([, added]) => added)).toEqual([0, 0, 0, 0]);
  });

  test('creates nothing for a row that is rejected, or whose IDs are invalid', async () => {
    const { report, rejects } = await load(
      [
        { ...event('a', 'b', 1), type: 'RATE', value: 9 },
        event('', 'c', 1),
        event('d', 'x'.repeat(257), 1),
        { ...event('e', 'f', 1), scenarioId: 'nothing' },
        { ...event('g', 'h', 1), time: new Date(Number.NaN) },
        { ...event('g', 'h', 1), time: new Date('+010000-01-01') },
      ],
      { createMissing: true },
    );
    expect(rejects).toEqual([
      [1, 'expected a rating from 1 to 5, got 9'],
      [2, 'the ID of the user: expected 1 to 256 characters, got 0'],
      [3, 'the ID of the item: expected 1 to 256 characters, got 257'],
      [4, 'there is no scenario with the ID "nothing"'],
      [5, 'expected a time in the years 1 to 9999, got an invalid one'],
      [6, 'expected a time in the years 1 to 9999, got +010000-01-01T00:00:00.000Z'],
    ]);
    expect([report.users.added, report.items.added, report.interactions.read]).toEqual([2, 2, 0]);
    expect(await db.database.user.count()).toBe(2);
  });

  test('loads nothing if the items that it would create are more than servers keep in memory', async () => {
    const before = await everything(db.database);
    await expect(load(log, { createMissing: true, maxItems: 2 })).rejects.toThrow(
      'WARMSTART_MAX_ITEMS: expected at most 2 items in the catalog, got 3',
    );
    expect(await everything(db.database)).toEqual(before);
    expect((await load(log, { createMissing: true, maxItems: 3 })).report.items.added).toBe(3);
  });

  test('uses users and items that a client creates while it reads', async () => {
    const dataset = smallDataset({ ...catalog, interactions: log });
    const slow: typeof dataset = {
      ...dataset,
      async *interactions(onReject) {
        yield* dataset.interactions(onReject);
        await db.pool.query(`INSERT INTO users (external_id) VALUES ('other')`);
        await db.pool.query(`INSERT INTO items (external_id, title) VALUES ('new', 'Of a client')`);
      },
    };
    const report = await loadDataset(db.pool, slow, { ratingScale, createMissing: true });
    expect([report.users.added, report.items.added, report.interactions.added]).toEqual([2, 2, 4]);
    const item = await db.database.item.findUniqueOrThrow({ where: { externalId: 'new' } });
    const user = await db.database.user.findUniqueOrThrow({ where: { externalId: 'other' } });
    expect(item.title).toBe('Of a client');
    expect(await db.database.interaction.count({ where: { itemId: item.id } })).toBe(2);
    expect(await db.database.interaction.count({ where: { userId: user.id } })).toBe(1);
  });

  test.each([{ createMissing: false }, { createMissing: true }])(
    'counts and rejects the same in a dry run, which stores nothing, with %j',
    async (options) => {
      await load([event('u1', 'i1', 8), event('u1', 'i1', 8), event('u2', 'i2', 1)]);
      const before = await everything(db.database);
      const rows = [...log, event('u1', 'i1', 8), event('u1', 'i1', 8), rating('u1', 'i1', 0)];
      const dry = await load(rows, { ...options, dryRun: true });
      expect(await everything(db.database)).toEqual(before);
      const real = await load(rows, options);
      expect(dry).toEqual(real);
      expect(real.report.interactions.added).toBe(options.createMissing ? 4 : 2);
      expect((await load(rows, { ...options, dryRun: true })).report.interactions.added).toBe(0);
    },
  );

  test('reports all rejects and stores nothing in a strict dry run with rejects', async () => {
    const rejects: Reject[] = [];
    const dataset = smallDataset({ ...catalog, interactions: log });
    const options = { ratingScale, strict: true, dryRun: true, onReject: (reject: Reject) => rejects.push(reject) };
    await expect(loadDataset(db.pool, dataset, options)).rejects.toThrow('2 rows were rejected');
    expect(rejects).toHaveLength(2);
    expect(await db.database.user.count()).toBe(0);
  });

  test('reads the interactions once in strict mode', async () => {
    const dataset = smallDataset({ ...catalog, interactions: log.slice(1, 2) });
    let readings = 0;
    const counting: typeof dataset = {
      ...dataset,
      interactions(onReject) {
        readings++;
        return dataset.interactions(onReject);
      },
    };
    expect(await loadDataset(db.pool, counting, { ratingScale, strict: true })).toMatchObject({
      interactions: { added: 1 },
    });
    expect(readings).toBe(1);
  });

  test('stores the scenario of an interaction, and rejects an unknown one', async () => {
    const { rejects } = await load([
      { ...event('u1', 'i1', 1), scenarioId: 's1' },
      event('u1', 'i2', 2),
      { ...event('u1', 'i2', 3), scenarioId: 's2' },
    ]);
    expect(rejects).toEqual([[3, 'there is no scenario with the ID "s2"']]);
    const rows = await db.database.interaction.findMany({ orderBy: { id: 'asc' }, include: { scenario: true } });
    expect(rows.map(({ scenario }) => scenario?.externalId)).toEqual(['s1', undefined]);
  });
});

describe('loadDataset of a folder with a damaged row', () => {
  const db = testDatabase();
  const metadata = described['movies-metadata.csv'];
  const damaged = metadata.replace('Drama|Family', '"Drama|Family');

  async function load(files: Partial<typeof described>) {
    const dataset = await openMovieLens(await folderWith({ ...described, ...files }));
    const { items, rejected } = await loadDataset(db.pool, dataset, { ratingScale });
    const stored = await db.database.item.findMany({ orderBy: { externalId: 'asc' } });
    return { items, rejected, stored };
  }

  test('adds the item with what is known of it', async () => {
    const { stored } = await load({ 'movies-metadata.csv': damaged });
    expect(stored[0]).toMatchObject({
      title: 'The Amber Lantern (1955)',
      features: { rated: null, genres: null, directors: null, actors: null },
    });
  });

  test('replaces that by the row once it is repaired', async () => {
    const { stored } = await load({});
    expect(stored[0]?.features).toMatchObject({ rated: 'PG', genres: ['Drama', 'Family'] });
  });

  test.each([
    ['movies-metadata.csv', damaged],
    ['movies-metadata.csv', metadata.replace('1,The', ',The')],
    ['movies-metadata.csv', metadata.replace('1,The Amber Lantern', '"1,The Amber\nLantern')],
    ['movies.dat', described['movies.dat'].replace('::Drama|Children', '')],
  ])('changes no stored item if the row is in %s: %j', async (file, content) => {
    const before = (await load({})).stored;
    const { rejected, items, stored } = await load({ [file]: content });
    expect([rejected > 0, items.changed]).toEqual([true, 0]);
    expect(stored).toEqual(before);
  });
});

describe('loadDataset while clients record interactions', () => {
  const db = testDatabase();

  test('blocks no client for the whole load and loses no interaction', async () => {
    const [users, items] = [800, 300];
    await loadDataset(db.pool, smallDataset(smallCatalog(users, items)), { ratingScale });
    const interactions = Array.from({ length: users * items }, (_, n) =>
      rating(`u${1 + Math.floor(n / items)}`, `i${1 + (n % items)}`, 1 + (n % 5)),
    );
    let loading = true;
    const load = loadDataset(db.pool, smallDataset({ interactions }), { ratingScale }).finally(() => {
      loading = false;
    });
    let recorded = 0;
    while (loading) {
      const input = { userId: `u${1 + (recorded % users)}`, itemId: 'i1', type: 'VIEW' as const };
      await recordInteraction(db.pool, ratingScale, input);
      recorded++;
    }
    expect((await load).interactions.added).toBe(users * items);
    // A client that is blocked for the whole load records once.
    expect(recorded).toBeGreaterThan(3);
    expect(await db.database.interaction.count()).toBe(users * items + recorded);
    const { _sum: counted } = await db.database.itemPopularity.aggregate({ _sum: { interactions: true } });
    expect(counted.interactions).toBe(users * items + recorded);
  });

  test('lets clients record interactions of unchanged users while it reads the rest of the dataset', async () => {
    const catalog = smallCatalog(5, 5);
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale });
    const [begin, readOn] = [signal(), signal()];
    const dataset = smallDataset(catalog);
    const slow: typeof dataset = {
      ...dataset,
      async *interactions(onReject) {
        begin.give();
        await readOn.given;
        yield* dataset.interactions(onReject);
      },
    };
    const load = loadDataset(db.pool, slow, { ratingScale });
    await begin.given;
    const input = { userId: 'u1', itemId: 'i2', type: 'VIEW' as const };
    const recorded = recordInteraction(db.pool, ratingScale, input);
    const first = await Promise.race([
      recorded.then(() => 'recorded'),
      setTimeout(5000, 'still waiting', { ref: false }),
    ]);
    readOn.give();
    await Promise.all([load, recorded]);
    expect(first).toBe('recorded');
  });
});

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

async function everything({ user, item, interaction, scenarioItem }: ReturnType<typeof testDatabase>['database']) {
  return Promise.all([
    user.findMany({ orderBy: { id: 'asc' } }),
    item.findMany({ orderBy: { id: 'asc' } }),
    interaction.findMany({ orderBy: { id: 'asc' } }),
    scenarioItem.findMany({ orderBy: { itemId: 'asc' } }),
  ]);
}
