import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { syntheticDataset } from '../../src/datasets/synthetic/synthetic-dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { endOfWarmstart } from '../support/server-process.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

const small = { labelWidths: [4], contextWidths: [8], hyperWidths: [8], backboneWidths: [8], factorWidth: 4 };

describe('the command train', () => {
  const db = testDatabase();
  let folder: string;

  const train = (...args: readonly string[]) =>
    endOfWarmstart(['train', ...args], { DATABASE_URL: db.url }, { folder });
  const latest = async () =>
    (await db.database.modelVersion.findFirst({ orderBy: { id: 'desc' } })) as NonNullable<
      Awaited<ReturnType<typeof db.database.modelVersion.findFirst>>
    >;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-train-'));
    await writeFile(join(folder, 'small.json'), JSON.stringify(small));
    const dataset = syntheticDataset({ users: 60, items: 80, scenarios: 12, ratings: 20 });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('trains what its options specify, and prints ranking metrics and lists', async () => {
    const { status, output } = await train(
      ...['--modulation', 'sigmoid', '--hybrid', 'none', '--objective', 'bpr', '--embedding', 'both'],
      ...['--config', '@small.json', '--options', '{"tasksPerStep": 8}', '--epochs', '1', '--users', '15'],
    );
    expect(output).toMatch(/trained on a sample of \d+ of \d+ users with enough interactions, 1 epochs/);
    expect(output).toMatch(/adapted to their interactions: Recall@10 0\.\d{3}, Recall@50 0\.\d{3}/);
    expect(output).toMatch(/lists of \d+ held-out users, by the number of interactions shown:\n.*\n +shown/);
    expect(status).toBe(0);
    const chosen = { modulation: 'sigmoid', hybrid: 'none', objective: 'bpr', embedding: 'both' };
    expect(await latest()).toMatchObject({
      taskKind: 'USER',
      config: { ...chosen, ...small, support: 'positivesAndNegatives' },
    });
  });

  test('prints the lists of a model of whole histories, by the number of interactions shown', async () => {
    const { status, output } = await train('--kind', 'itemKnn');
    expect(status).toBe(0);
    // All 60 users were read, and some of them held out.
    expect(output).toMatch(/: trained on \d\d of 60 users/);
    const lines = output.split('\n');
    const header = lines.findIndex((line) => /^ +shown/.test(line));
    expect(lines[header - 1]).toBe('  Recall@20 / NDCG@20');
    expect(lines[header]?.trim().split(/ {2,}/)).toEqual(
      expect.arrayContaining(['shown', 'this version', 'popularity', 'item-kNN']),
    );
    const rows = lines.slice(header + 1, header + 8).map((line) => line.trim().split(/ {2,}/));
    expect(rows.map(([shown]) => shown)).toEqual(['0', '1', '3', '5', '10', '20', 'all']);
    for (const [, ...cells] of rows) {
      for (const cell of cells) expect(cell).toMatch(/^[01]\.\d{3} \/ [01]\.\d{3}$/);
      // The version is item-kNN of the same data.
      expect(cells.at(0)).toBe(cells.at(-1));
    }
  });

  test('trains scenarios', async () => {
    const { status, output } = await train(
      ...['--task', 'scenario', '--kind', 'dcn', '--config', '{"deepWidths": [8], "factorWidth": 4}'],
      ...['--options', '{"episodes": {"minimumPairs": 30}}', '--epochs', '1'],
    );
    expect(output).toMatch(
      /on \d held-out scenarios \(before the final training, which includes them\), adapted to the interactions of other users: Recall@10/,
    );
    expect(status).toBe(0);
    expect(await latest()).toMatchObject({ taskKind: 'SCENARIO', kind: 'dcn', config: { deepWidths: [8] } });
  });

  test('refuses a wrong option by name, and trains nothing', async () => {
    const runs = await db.database.trainingRun.count();
    const { status, errors } = await train('--objective', 'mse', '--config', '{"gruWidth": "wide"}');
    expect(errors).toMatch(/^error: The configuration of CMML is wrong: gruWidth: .*got "wide"/m);
    expect(status).toBe(1);
    expect(await db.database.trainingRun.count()).toBe(runs);
  });
});

describe('the command train without ratings', () => {
  const db = testDatabase();
  const train = (...args: readonly string[]) => endOfWarmstart(['train', ...args], { DATABASE_URL: db.url });

  test('says that the default objective needs none', async () => {
    const interactions = ['u1', 'u2'].map((userId) => ({
      ...rating(userId, 'i1', 1),
      type: 'VIEW' as const,
      value: null,
    }));
    const ratingScale = { minimum: 1, maximum: 5 };
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(2, 2), interactions }), { ratingScale });
    const { status, errors } = await train('--objective', 'mse');
    expect(errors).toMatch(/^error: there is no data to train on: .*leave out --objective to learn from every type/m);
    expect(status).toBe(1);
    // The default learns from views, of which there are too few here.
    expect((await train()).errors).not.toContain('--objective');
  });
});
