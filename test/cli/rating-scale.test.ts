import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder } from '../model-benchmark/planted-folder.ts';
import { endOfWarmstart, startServerProcess } from '../support/server-process.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

// Each command starts a process.
jest.setTimeout(120_000);

describe('a rating scale in the settings that differs from the one that popularity counts by', () => {
  const db = testDatabase();
  let folder: string;

  // On the scale from 1 to 9, ratings from 7 on are positive.
  const settings = { DATABASE_URL: db.url, WARMSTART_RATING_MAXIMUM: '9', WARMSTART_ENGINE: 'cpu' };
  const run = (...args: readonly string[]) => endOfWarmstart(args, settings, { folder });
  const positivesOf = async (item: string) => {
    const { rows } = await db.pool.query<{ positives: number }>(
      `SELECT positives FROM item_popularity JOIN items ON items.id = item_id WHERE external_id = $1`,
      [item],
    );
    return rows[0]?.positives;
  };
  const countBy = (lowest: number) => db.pool.query('SELECT count_positives_from($1)', [lowest]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-rating-scale-'));
    const interactions = [4, 5, 7, 9].map((value, n) => rating(`u${n + 1}`, 'i1', value));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 2), interactions }), {
      ratingScale: { minimum: 1, maximum: 9 },
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('does not change what popularity counts when keys are listed', async () => {
    const { status, errors } = await run('keys', 'list');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(await positivesOf('i1')).toBe(4);
  });

  test('does not change what popularity counts during an import, which warns and names the settings', async () => {
    const { status, errors } = await run('import', 'movielens', await folderWith(plantedFolder()));
    expect(status).toBe(0);
    expect(errors).toMatch(
      /^warning: .*WARMSTART_RATING_MAXIMUM make ratings from 7 on positive, but popularity counts them from 4 on/m,
    );
    expect(await positivesOf('i1')).toBe(4);
  });

  test('does not change what popularity counts during a training, which warns', async () => {
    const { status, errors } = await run('train', '--kind', 'itemPopularity');
    expect(errors).toMatch(/^warning: .*WARMSTART_RATING_MAXIMUM/m);
    expect(status).toBe(0);
    expect(await positivesOf('i1')).toBe(4);
  });

  test('is applied by migrate, after which no command warns', async () => {
    expect((await run('migrate')).status).toBe(0);
    expect(await positivesOf('i1')).toBe(2);
    expect((await run('train', '--kind', 'itemPopularity')).errors).not.toContain('warning');
  });

  test('is applied by serve', async () => {
    await countBy(4);
    expect(await positivesOf('i1')).toBe(4);
    const server = await startServerProcess(settings);
    await server.stop();
    expect(await positivesOf('i1')).toBe(2);
  });
});
