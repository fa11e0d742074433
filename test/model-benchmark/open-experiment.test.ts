import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { type BenchmarkRequest, requestedModel } from '../../src/model-benchmark/benchmark-request.ts';
import { datasetName, openExperiment, readBenchmarkData } from '../../src/model-benchmark/open-experiment.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { cloudThemeFolder } from '../mappings/cloud-theme-folder.ts';
import {
  type Folder,
  plantedFolder,
  plantedRatings,
  plantedScenarios,
  ratingsFile,
  scenariosFile,
} from './planted-folder.ts';
import { type Row, smallTables } from './small-tables.ts';

const ratings = plantedRatings();
const common = { seeds: 1, splitSeed: 1 };

async function request(
  taskKind: BenchmarkRequest['taskKind'],
  files: Folder,
  tests: { ratings?: string; scenarios?: string } = {},
): Promise<BenchmarkRequest> {
  const { ratings, scenarios } = tests;
  const data = await folderWith({
    ...files,
    ...(ratings && { 'test-ratings.csv': ratings }),
    ...(scenarios && { 'test-scenarios.csv': scenarios }),
  });
  return {
    ...common,
    taskKind,
    data,
    ...(ratings && { testRatings: join(data, 'test-ratings.csv') }),
    ...(scenarios && { testScenarios: join(data, 'test-scenarios.csv') }),
  };
}

async function open(given: BenchmarkRequest) {
  return openExperiment(given, await readBenchmarkData(given), requestedModel(given, 'itempop'));
}

test('datasetName tells the published datasets apart', async () => {
  expect(await datasetName(await folderWith(plantedFolder()))).toBe('movielens');
  expect(await datasetName(await folderWith(cloudThemeFolder))).toBe('taobao-cloud-theme');
});

describe('readBenchmarkData', () => {
  test('reads a folder and reports nothing if every row is valid', async () => {
    const { tables, rejected, testRatings, testScenarios } = await readBenchmarkData(
      await request('USER', plantedFolder()),
    );
    expect(tables.users.length).toBe(60);
    expect(tables.items.length).toBe(40);
    expect(tables.interactions.users.length).toBe(ratings.length);
    expect(tables.scenarios.map(({ id }) => id)).toEqual(Object.keys(plantedScenarios));
    expect([rejected, testRatings, testScenarios]).toEqual([[], undefined, undefined]);
  });

  test('reads clicks with their themes, and purchases, for scenarios', async () => {
    const given = await request('SCENARIO', cloudThemeFolder);
    const { tables, rejected } = await readBenchmarkData(given);
    expect(rejected).toEqual([]);
    expect(tables.items.map(({ id }) => id)).toEqual(['501', '502', '503', '504', '900']);
    const [click, purchase] = [typeIndex('CLICK'), typeIndex('PURCHASE')];
    // The first user bought an item before the clicks.
    expect(tables.interactions).toMatchObject({
      users: Int32Array.of(0, 0, 0, 1, 2),
      items: Int32Array.of(2, 0, 1, 1, 4),
      types: Uint8Array.of(purchase, click, click, click, purchase),
      values: new Float32Array(5),
      scenarios: Int32Array.of(-1, 0, 0, 1, -1),
    });
    expect((await readBenchmarkData({ ...given, taskKind: 'USER' })).tables.interactions.users.length).toBe(0);
  });

  test('joins several folders, and reports the invalid rows of each', async () => {
    const clicks = { ...cloudThemeFolder, 'theme_item_pool.csv': `${cloudThemeFolder['theme_item_pool.csv']}12,\n` };
    const films = await request('SCENARIO', { ...plantedFolder(), 'ratings.csv': `${ratingsFile(ratings)}u0,f99,4\n` });
    const themes = await request('SCENARIO', clicks);
    const data = [films.data as string, themes.data as string];
    const { tables, rejected } = await readBenchmarkData({ ...films, data });
    expect([tables.users[0]?.id, tables.users.at(-1)?.id]).toEqual(['1/u0', '2/4']);
    expect(tables.items.at(-1)?.id).toBe('2/900');
    expect(tables.scenarios.slice(-2)).toEqual([
      { id: '2/11', items: Int32Array.of(40, 41, 42) },
      { id: '2/12', items: Int32Array.of(41, 43) },
    ]);
    expect(tables.interactions.users.length).toBe(ratings.length + 5);
    expect(rejected.map(({ file }) => file)).toEqual([
      join(data[0] as string, 'ratings.csv'),
      join(data[1] as string, 'theme_item_pool.csv'),
    ]);
  });

  test('refuses a file of test scenarios if interactions name scenarios', async () => {
    const given = await request('SCENARIO', cloudThemeFolder, { scenarios: scenariosFile({ new: [1] }) });
    await expect(readBenchmarkData(given)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `--test-scenarios: expected a folder whose interactions name no scenario, got ${given.data}; leave the option out, which tests a random fifth`,
    });
  });

  test('counts the invalid rows of each file', async () => {
    const files = plantedFolder();
    const given = await request(
      'USER',
      { ...files, 'ratings.csv': `${ratingsFile(ratings.slice(20))}u20,f99,4\nu20,f1,six\nu77,f1,4\n` },
      { ratings: `${ratingsFile(ratings.slice(0, 20))}u0,f98,4\nu78,f1,3\n` },
    );
    const { rejected, testRatings } = await readBenchmarkData(given);
    expect(rejected).toEqual([
      {
        file: 'ratings.csv',
        count: 3,
        first: { line: ratings.length - 20 + 2, reason: 'there is no item with the ID "f99"' },
      },
      { file: given.testRatings, count: 2, first: { line: 22, reason: 'there is no item with the ID "f98"' } },
    ]);
    expect(testRatings?.users.length).toBe(20);
  });

  test('counts the unknown items of test scenarios', async () => {
    const scenarios = `${scenariosFile({ 'genre:New': [0, 1, 2] })}"genre:New",f98\n"genre:New",f99\n`;
    const given = await request('SCENARIO', plantedFolder(), { scenarios });
    const { rejected, testScenarios } = await readBenchmarkData(given);
    expect(rejected).toEqual([
      {
        file: given.testScenarios,
        count: 2,
        first: { line: 2, reason: 'there is no item with the ID "f98" (scenario genre:New)' },
      },
    ]);
    expect(testScenarios).toEqual([{ id: 'genre:New', items: Int32Array.of(0, 1, 2) }]);
  });

  test('refuses test users who are in the folder', async () => {
    const given = await request('USER', plantedFolder(), { ratings: ratingsFile(ratings.slice(0, 30)) });
    await expect(readBenchmarkData(given)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `${given.testRatings}: expected no users of the training data, got 2 of them, such as "u0"`,
    });
  });

  test('refuses test scenarios that are in the folder', async () => {
    const scenarios = scenariosFile({ 'genre:New': [1], 'genre:Kind 3': [2] });
    const given = await request('SCENARIO', plantedFolder(), { scenarios });
    await expect(readBenchmarkData(given)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `${given.testScenarios}: expected no scenarios of the training data, got 1 of them, such as "genre:Kind 3"`,
    });
  });

  test('refuses to hide the latest ratings if ratings have no times', async () => {
    const lists = { lists: { hide: 'latest' } } as const;
    const ordered = await request('USER', plantedFolder());
    await expect(readBenchmarkData({ ...ordered, ...lists })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `--split time: expected ratings with times, got ${ordered.data} without any; use --split random, or a folder with the published ratings.dat`,
    });
    const { 'users.dat': users = '', 'movies.dat': movies = '' } = plantedFolder();
    const timed = ratings.map(({ user, film, value }, second) => `u${user}::f${film}::${value}::${second}`);
    const published = { 'users.dat': users, 'movies.dat': movies, 'ratings.dat': `${timed.join('\n')}\n` };
    const { tables } = await readBenchmarkData({ ...(await request('USER', published)), ...lists });
    expect(tables.interactions.times).toEqual(Float64Array.from(ratings.keys(), (second) => 1000 * second));
  });

  test('refuses a test file that is missing or has other columns', async () => {
    const given = await request('USER', plantedFolder(), { ratings: 'user,film,stars\nu1,f1,4\n' });
    await expect(readBenchmarkData(given)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('expected the columns "userId" (did you mean "user"?), "movieId", "rating" in'),
    });
    const nowhere = join(given.data as string, 'nowhere.csv');
    await expect(readBenchmarkData({ ...given, testRatings: nowhere })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining(nowhere),
    });
  });
});

describe('openExperiment', () => {
  test('opens the users and the scenarios of one folder', async () => {
    const byUser = await open(await request('USER', plantedFolder()));
    expect([byUser.trainingTasks, byUser.testTasks]).toEqual([48, 12]);
    const given = { ...(await request('USER', plantedFolder())), lists: { hide: 'random' } } as const;
    const byList = openExperiment(given, await readBenchmarkData(given), requestedModel(given, 'itempop'));
    expect([byList.trainingTasks, byList.testTasks]).toEqual([48, 12]);
    const byScenario = await open(await request('SCENARIO', plantedFolder()));
    expect([byScenario.trainingTasks, byScenario.testTasks]).toEqual([8, 2]);
  });

  test('names --positive and the largest rating if no rating is positive', async () => {
    const lists = { hide: 'random', positiveFrom: 9 } as const;
    const given = { ...(await request('USER', plantedFolder())), lists };
    const largest = Math.max(...ratings.map(({ value }) => value));
    await expect(open(given)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `--positive: expected at most ${largest}, the largest rating in the data, got 9`,
    });
  });

  test.each([
    [
      'no user has enough ratings',
      'USER',
      plantedFolder(ratings.filter(({ film }) => film < 4)),
      '--data: expected at least 2 users with at least 13 ratings to train on after a fifth is held out for testing, got 0; give more data',
    ],
    [
      'there is only one user',
      'USER',
      plantedFolder(ratings.filter(({ user }) => user === 7)),
      '--data: expected at least 2 users with at least 13 ratings to train on after a fifth is held out for testing, got 1; give more data',
    ],
    [
      'a fifth of the users is none',
      'USER',
      plantedFolder(ratings.filter(({ user }) => user < 2)),
      '--data: expected at least 1 of the users with at least 13 ratings in the held-out fifth, got 0; give more data, or a test file',
    ],
    [
      'there is only one scenario',
      'SCENARIO',
      plantedFolder(ratings, { one: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }),
      '--data: expected at least 2 scenarios with at least 160 interactions to train on after a fifth is held out for testing, got 1; give more data',
    ],
    [
      'a fifth of the scenarios is none',
      'SCENARIO',
      plantedFolder(ratings, { one: [...Array(16).keys()], two: [...Array(20).keys()] }),
      '--data: expected at least 1 of the scenarios with interactions of held-out users in the held-out fifth, got 0; give more data, or a test file',
    ],
  ] as const)('refuses data in which %s', async (_, taskKind, files, message) => {
    await expect(open(await request(taskKind, files))).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message,
    });
  });

  test.each([
    [
      'predicted ratings',
      { taskKind: 'USER' },
      '--stored: expected at least 2 users with at least 13 ratings to train on after a fifth is held out for testing, got 0; record or import more interactions',
    ],
    [
      'lists',
      { taskKind: 'USER', lists: { hide: 'random' } },
      '--stored: expected at least 2 users who interacted with at least 5 items to train on after a fifth is held out for testing, got 1; record or import more interactions',
    ],
    [
      'scenarios',
      { taskKind: 'SCENARIO' },
      '--stored: expected at least 2 scenarios with at least 160 interactions to train on after a fifth is held out for testing, got 0; record or import more interactions',
    ],
  ] as const)('says what is missing in a dataset in memory for %s', async (_, protocol, message) => {
    const views = Array.from({ length: 6 }, (_, item): Row => [0, item, 0, 'VIEW']);
    const data = smallTables({ users: 3, items: 6, interactions: views });
    await expect(open({ ...common, ...protocol, data })).rejects.toMatchObject({ code: 'INVALID_DATA', message });
  });

  test('refuses a test file without tasks to test on', async () => {
    const short = await request('USER', plantedFolder(ratings.slice(20)), {
      ratings: ratingsFile(ratings.slice(0, 12)),
    });
    await expect(open(short)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `${short.testRatings}: expected users with at least 13 ratings to test on, got 0; use users and items of the --data folder`,
    });
    const unknown = await request('SCENARIO', plantedFolder(), {
      scenarios: 'scenarioId,movieId\nnew,f99\n',
    });
    await expect(open(unknown)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining(`${unknown.testScenarios}: expected scenarios with interactions of`),
    });
  });
});
