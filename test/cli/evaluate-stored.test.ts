import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import { openMovieLens } from '../../src/datasets/mapping/open-movielens.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder } from '../model-benchmark/planted-folder.ts';
import { runSql } from '../support/run-sql.ts';
import { endOfWarmstart } from '../support/server-process.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

// Each test starts a process, and that one another for every model.
jest.setTimeout(120_000);

const ratingScale = { minimum: 1, maximum: 5 };

/** Returns the URL of the same database for sessions that cannot write. */
function readOnly(url: string): string {
  return `${url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
}

describe('evaluate --stored', () => {
  const db = testDatabase();
  let folder: string;
  let data: string;

  const run = (...args: readonly string[]) =>
    endOfWarmstart(['evaluate', ...args, '--seeds', '1'], { DATABASE_URL: readOnly(db.url) }, { folder });
  const json = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-evaluate-stored-'));
    data = await folderWith(plantedFolder());
    await loadDataset(db.pool, await openMovieLens(data), { ratingScale });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('measures the same on an imported folder as on the folder, and only reads', async () => {
    const lists = ['--task', 'user', '--lists', '--models', 'itempop,item-knn', '--new-items', '0.2'];
    const stored = await run('--stored', ...lists, '--json', 'stored.json');
    expect(stored).toMatchObject({ status: 0, errors: '' });
    await run('--data', data, ...lists, '--json', 'files.json');
    const [fromDatabase, fromFolder] = [await json('stored.json'), await json('files.json')];
    const measured = ({ users, items, newItems, positive, rows }: typeof fromFolder) => ({
      ...{ users, items, newItems, positive },
      rows: rows.map(({ model, shown, withoutFeatures, newItems: ofNew }: (typeof rows)[number]) => ({
        ...{ model, shown, withoutFeatures, ofNew },
      })),
    });
    // The folder has the ratings 2 and 5, so that its own default would be 4.25.
    expect(fromFolder.positive).toBe(4.25);
    expect(measured(fromDatabase)).toEqual({ ...measured(fromFolder), positive: 4 });
    const { host, pathname } = new URL(db.url);
    const place = `PostgreSQL at ${host}, database ${pathname.slice(1)}`;
    expect(fromDatabase).toMatchObject({
      data: place,
      stored: { readAt: expect.any(String), users: 60, items: 40, interactions: 1200 },
    });
    expect(stored.output).toContain(`${place}, as of ${fromDatabase.stored.readAt}: 60 users with enough`);
  });

  test('measures the same on files with a mapping, which it loads into a database of their own', async () => {
    const features = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, { column: name, kind: 'categorical' }]));
    const lists = (name: string) => ({ [name]: { column: name, kind: 'multiValued', separator: '|' } });
    const people = ['userId', 'gender', 'age', 'occupation', 'zipCode'];
    const mapping = {
      name: 'planted',
      files: [
        {
          ...{ file: 'users.dat', format: { delimiter: '::', columns: people } },
          users: { id: 'userId', features: features(...people.slice(1)) },
        },
        {
          ...{ file: 'movies.dat', format: { delimiter: '::', columns: ['movieId', 'title', 'genres'] } },
          items: { id: 'movieId', title: 'title' },
        },
        {
          file: 'movies-metadata.csv',
          items: {
            id: 'movieId',
            features: { ...features('rated'), ...lists('genres'), ...lists('directors'), ...lists('actors') },
          },
        },
        {
          file: 'ratings.csv',
          interactions: { user: 'userId', item: 'movieId', type: 'RATE', value: { column: 'rating' } },
        },
        { file: 'scenarios.csv', scenarios: { id: 'scenarioId', item: 'movieId' } },
      ],
    };
    const files = await folderWith(plantedFolder());
    await writeFile(join(folder, 'mapping.json'), JSON.stringify(mapping));
    const options = ['--task', 'user', '--lists', '--models', 'itempop,item-knn', '--seeds', '1'];
    await run('--stored', ...options, '--json', 'stored.json');
    const mapped = ['evaluate', '--data', files, '--map', 'mapping.json', ...options, '--json', 'mapped.json'];
    expect(await endOfWarmstart(mapped, { DATABASE_URL: db.url }, { folder })).toMatchObject({ status: 0 });
    const [fromDatabase, fromFiles] = [await json('stored.json'), await json('mapped.json')];
    const shown = ({ rows }: typeof fromFiles) => rows.map(({ model, shown }: (typeof rows)[number]) => [model, shown]);
    expect(shown(fromFiles)).toEqual(shown(fromDatabase));
  });

  test('measures predicted ratings and scenarios', async () => {
    const args = ['--task', 'user', '--models', 'itempop', '--seeds', '1', '--json', 'users.json'];
    // The process of a model must get the hooks of tsx.
    const settings = { DATABASE_URL: readOnly(db.url) };
    const users = await endOfWarmstart(['evaluate', '--stored', ...args], settings, { byTsx: true, folder });
    expect(users.output).toContain('48 training users, 12 test users');
    expect((await json('users.json')).rows).toMatchObject([{ metrics: { ndcg1: { mean: expect.any(Number) } } }]);
    const scenarios = await run('--stored', '--task', 'scenario', '--models', 'itempop', '--json', 'scenarios.json');
    expect(scenarios.output).toMatch(/^\d training scenarios, 2 test scenarios;/m);
    expect((await json('scenarios.json')).rows).toMatchObject([
      { metrics: { recall10: { mean: expect.any(Number) } } },
    ]);
  });

  test('refuses a database without its migrations, and leaves it as it is', async () => {
    const admin = db.url.replace(/test_\w+$/, 'postgres');
    const name = `unmigrated_${randomUUID().replaceAll('-', '')}`;
    await runSql(admin, `CREATE DATABASE ${name}`);
    try {
      const url = db.url.replace(/test_\w+$/, name);
      const args = ['evaluate', '--stored', '--task', 'user', '--lists'];
      const { status, errors } = await endOfWarmstart(args, { DATABASE_URL: url }, { folder });
      expect({ status, errors }).toEqual({
        status: 1,
        errors: expect.stringMatching(/^error: expected a database that is up to date, got one without the migration /),
      });
      expect(await runSql(url, 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')).toEqual([]);
    } finally {
      await runSql(admin, `DROP DATABASE ${name}`);
    }
  });
});

describe('evaluate --stored, on events without ratings', () => {
  const db = testDatabase();
  let folder: string;

  /** Thirty users view ten products each, of every second one, and buy some of them, one a day. */
  const events = Array.from({ length: 30 }, (_, user) =>
    Array.from({ length: 10 }, (_, day): InteractionRecord[] => {
      const product = { userId: `u${user + 1}`, itemId: `i${1 + ((user % 2) + 2 * ((user + day) % 12))}`, value: null };
      const time = new Date(Date.UTC(2026, 0, day + 1));
      const view = { ...product, type: 'VIEW', time } as const;
      return day % 3 === 0 ? [view, { ...product, type: 'PURCHASE', time }] : [view];
    }),
  ).flat(2);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-evaluate-events-'));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(30, 24), interactions: events }), { ratingScale });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('every default model makes lists of them, also of the latest ones', async () => {
    const options = ['--split', 'time', '--epochs', '1', '--json', 'events.json', '--seeds', '1'];
    const args = ['evaluate', '--stored', '--task', 'user', '--lists', ...options];
    const { status, output } = await endOfWarmstart(args, { DATABASE_URL: readOnly(db.url) }, { folder });
    expect(status).toBe(0);
    const results = JSON.parse(await readFile(join(folder, 'events.json'), 'utf8'));
    expect(results).toMatchObject({ protocol: 'lists', split: 'time', positive: 4, users: { 0: 6, 10: 6 } });
    expect(results.stored).toMatchObject({ users: 30, items: 24, interactions: 30 * 14 });
    expect(results.rows.map(({ model }: { model: string }) => model)).toEqual([
      ...['linear', 'itempop', 'item-knn', 'ials', 'ease'],
    ]);
    // A user’s products are all even or all odd, of which popularity knows nothing.
    const recall = (model: string) =>
      results.rows.find((row: { model: string }) => row.model === model).shown.all.recall10.mean;
    expect(recall('item-knn')).toBeGreaterThan(recall('itempop'));
    expect(output).toContain('24 training users, 6 test users');
  });

  test('ratings that nobody gave cannot be predicted', async () => {
    const args = ['evaluate', '--stored', '--task', 'user', '--models', 'itempop'];
    const { status, errors } = await endOfWarmstart(args, { DATABASE_URL: readOnly(db.url) }, { folder });
    expect(status).toBe(1);
    expect(errors).toMatch(/^error: --stored: expected at least 2 users with at least 13 ratings to train on/);
  });
});
