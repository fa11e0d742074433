import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { evaluateCommand } from '../../src/cli/evaluate-command.ts';
import { ablationModels, modelNames } from '../../src/model-benchmark/benchmark-models.ts';
import { plantedFolder, plantedRatings, ratingsFile, scenariosFile } from '../model-benchmark/planted-folder.ts';
import { endOfWarmstart } from '../support/server-process.ts';

// Each test starts a process, and that one another for every model.
jest.setTimeout(120_000);

/** Nine models, each compiled in a process of its own, take half a minute. */
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

const interval = { mean: expect.any(Number), ci95: expect.any(Number) };
const isCount = { asymmetricMatch: (value: unknown) => Number.isInteger(value) && Number(value) > 0 };

describe('evaluate', () => {
  let folder: string;
  let data: string;

  const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const run = (args: readonly string[], interruptAt?: RegExp) =>
    endOfWarmstart(['evaluate', ...args], nowhere, { folder, ...(interruptAt && { interruptAt }) });
  const json = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-evaluate-'));
    data = join(folder, 'data');
    await mkdir(data);
    for (const [name, text] of Object.entries(plantedFolder())) await writeFile(join(data, name), text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('compares models on the users of a file, without a database, and writes a table and a JSON file', async () => {
    const ratings = plantedRatings();
    await writeFile(join(data, 'ratings.csv'), ratingsFile(ratings.slice(0, 800)));
    const tests = join(folder, 'new-ratings.csv');
    await writeFile(tests, `${ratingsFile(ratings.slice(800))}u99,f1,4\nu98,f1,4\n`);
    const models = ['--models', 'film,itempop', '--seeds', '2', '--epochs', '1', '--json', 'users.json'];
    const { status, output, errors } = await run([
      ...['--data', data, '--task', 'user', '--test-ratings', tests],
      ...models,
    ]);
    expect({ status, errors }).toMatchObject({ status: 0, errors: expect.stringContaining('film 100%') });
    // Once, though both models read them.
    expect(errors.match(/^.*could not be used.*$/gm)).toEqual([
      `${tests}: 2 rows could not be used; line 402: there is no user with the ID "u99"`,
    ]);
    const [header, film, itempop, summary] = output.split('\n');
    expect(header?.split(/ {2,}/)).toEqual([
      'model',
      'MAE',
      'RMSE',
      'NDCG@1',
      'NDCG@3',
      's/epoch',
      'epochs',
      'parameters',
      'peak MiB',
    ]);
    expect(film).toMatch(/^film +(\d\.\d{4} ± \d\.\d{4} +){4}\d+\.\d\d +1\.0 +[\d,]+ +\d+$/);
    expect(itempop).toMatch(/^itempop +– +– +\d/);
    expect(summary).toBe('40 training users, 20 test users; mean ± 95 % interval over 2 seeds');
    const common = { parameters: isCount, peakRssMiB: expect.any(Number), seeds: 2 };
    expect(await json('users.json')).toStrictEqual({
      task: 'user',
      data,
      rows: [
        {
          model: 'film',
          metrics: { mae: interval, rmse: interval, ndcg1: interval, ndcg3: interval },
          secondsPerEpoch: expect.any(Number),
          epochs: 1,
          ...common,
        },
        {
          model: 'itempop',
          metrics: { ndcg1: interval, ndcg3: interval },
          secondsPerEpoch: 0,
          epochs: 0,
          ...common,
        },
      ],
    });
  });

  test('measures lists by the number of interactions shown, and of new items', async () => {
    await writeFile(join(data, 'ratings.csv'), ratingsFile(plantedRatings()));
    const { status, output } = await run([
      ...['--data', data, '--task', 'user', '--lists', '--models', 'itempop,content-knn', '--seeds', '2'],
      ...['--positive', '5', '--new-items', '0.2', '--json', 'lists.json'],
    ]);
    expect(status).toBe(0);
    expect(output.match(/^(itempop|content-knn) /gm)?.length).toBe(2 * 5);
    expect(output).toContain('48 training users, 12 test users; mean ± 95 % interval over 2 seeds');
    const metrics = {
      recall10: interval,
      recall20: interval,
      ndcg20: interval,
      ndcg100: interval,
      coverage10: interval,
      popularity10: interval,
      mostListed10: interval,
    };
    const results = await json('lists.json');
    expect(results).toMatchObject({ task: 'user', protocol: 'lists', split: 'random', data, positive: 5, items: 40 });
    expect(results.users).toMatchObject({ 0: 12, 20: 0, all: 12 });
    expect(results.rows.map(({ model }: { model: string }) => model)).toEqual(['itempop', 'content-knn']);
    expect(results.rows[0]).toMatchObject({
      shown: { 0: metrics, 1: metrics, 3: metrics, 5: metrics, 10: metrics, all: metrics },
      withoutFeatures: { 0: metrics },
      newItems: { amongThemselves: { recall20: interval, ndcg20: interval }, wholeList: { 0: { recall20: interval } } },
      secondsPerEpoch: 0,
      parameters: isCount,
      seeds: 2,
    });
    // Nothing is known of a new item, so popularity lists none.
    expect(results.rows[0].newItems.wholeList[0].recall20.mean).toBeLessThan(0.5);
  });

  test('tests on the scenarios of a file, and reports how many rows it could not use', async () => {
    const file = join(folder, 'new-scenarios.csv');
    await writeFile(file, `${scenariosFile({ new: [0, 1, 2, 3] })}new,f99\n`);
    const models = ['--models', 'itempop', '--seeds', '1', '--json', 'scenarios.json'];
    const { status, output, errors } = await run([
      '--data',
      data,
      '--task',
      'scenario',
      '--test-scenarios',
      file,
      ...models,
    ]);
    expect(status).toBe(0);
    expect(errors).toBe(
      `${file}: 1 row could not be used; line 2: there is no item with the ID "f99" (scenario new)\n`,
    );
    expect(output).toContain('10 training scenarios, 1 test scenarios; mean ± 95 % interval over 1 seed\n');
    expect(await json('scenarios.json')).toMatchObject({
      task: 'scenario',
      rows: [{ metrics: { recall10: { mean: 1, ci95: null }, recall50: { mean: 1, ci95: null } } }],
    });
  });

  test('measures one model on the scenarios of two folders, together and for each', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    for (const [name, text] of Object.entries(plantedFolder(plantedRatings(2))))
      await writeFile(join(other, name), text);
    const { status, output } = await run([
      ...['--data', data, '--data', other, '--task', 'scenario'],
      ...['--models', 'itempop', '--seeds', '1', '--json', 'domains.json'],
    ]);
    expect(status).toBe(0);
    expect(output.match(/^itempop +\d/gm)?.length).toBe(3);
    expect(output).toContain(`\n1: ${data}\nmodel `);
    expect(output).toContain(`\n2: ${other}\nmodel `);
    expect(output).toContain('16 training scenarios, 4 test scenarios; mean');
    const recall = { mean: expect.any(Number), ci95: null };
    const metrics = { recall10: recall, recall20: recall, recall50: recall, recall100: recall };
    expect(await json('domains.json')).toMatchObject({
      data: [data, other],
      rows: [{ metrics, domains: { 1: metrics, 2: metrics } }],
    });
  });

  test('stops when it is interrupted, and reports the models measured so far', async () => {
    const { status, output, errors } = await run(
      ['--data', data, '--task', 'scenario', '--ablation', '--seeds', '1', '--epochs', '1', '--json', 'part.json'],
      /^pe /m,
    );
    expect(errors).toMatch(/^error: the evaluation was interrupted$/m);
    expect(status).toBe(1);
    expect(output).toMatch(/^non-negative +\d/m);
    expect((await json('part.json')).rows).toMatchObject([{ model: 'non-negative', epochs: 1 }]);
  });

  test('exits with status 1 and a one-line error if the folder is missing', async () => {
    const { status, output, errors } = await run(['--data', 'nowhere', '--task', 'user']);
    expect(errors).toMatch(
      /^error: expected a MovieLens folder or a folder of the Cloud Theme Click Dataset at [^\n]*nowhere[^\n]*\n$/,
    );
    expect({ status, output }).toEqual({ status: 1, output: '' });
  });

  slow(
    'measures all encoders, hybrids and modulations of the paper’s tables',
    async () => {
      const { status } = await run([
        '--data',
        data,
        '--task',
        'scenario',
        '--ablation',
        '--seeds',
        '1',
        '--epochs',
        '1',
        '--json',
        'all.json',
      ]);
      expect(status).toBe(0);
      const { rows } = await json('all.json');
      expect(rows.map(({ model }: { model: string }) => model)).toEqual(ablationModels);
      for (const { metrics } of rows)
        expect(Object.keys(metrics)).toEqual(['recall10', 'recall20', 'recall50', 'recall100']);
    },
    300_000,
  );
});

describe('the options of evaluate', () => {
  /** Runs the command in this process, as far as what is wrong with its options. */
  const refusal = async (...args: string[]): Promise<string> => {
    let written = '';
    const command = evaluateCommand()
      .exitOverride()
      .configureOutput({ writeErr: (text) => (written += text) });
    try {
      await command.parseAsync(args, { from: 'user' });
    } catch (error) {
      return written || `${(error as { code: string }).code}: ${(error as Error).message}`;
    }
    throw new Error('expected the command to refuse its options');
  };
  const users = ['--data', 'nowhere', '--task', 'user'];
  const scenarios = ['--data', 'nowhere', '--task', 'scenario'];

  test.each([
    ['neither a folder nor what is stored', ['--task', 'user'], '--data, --stored: expected one of them'],
    ['a folder and what is stored', [...users, '--stored'], 'files or what is stored, got both'],
    [
      'several folders for users',
      [...users, '--data', 'elsewhere'],
      '--data: expected one folder with --task user, got 2; several are for --task scenario',
    ],
    [
      'several folders with a mapping',
      [...scenarios, '--data', 'elsewhere', '--map', 'x'],
      '--map: expected one --data, got 2',
    ],
    [
      'several folders with test scenarios',
      [...scenarios, '--data', 'elsewhere', '--test-scenarios', 'x'],
      '--test-scenarios: expected one --data folder, got 2',
    ],
    [
      'the same folder twice',
      [...scenarios, '--data', './nowhere'],
      `--data: expected different folders, got ${resolve('nowhere')} twice`,
    ],
    [
      'a file of test ratings with what is stored',
      ['--stored', '--task', 'user', '--test-ratings', 'x'],
      '--test-ratings: expected --data, got --stored',
    ],
    [
      'a file of test scenarios with what is stored',
      ['--stored', '--task', 'scenario', '--test-scenarios', 'x'],
      '--test-scenarios: expected --data, got --stored',
    ],
    ['a missing task', ['--data', 'x'], "required option '--task <user|scenario>' not specified"],
    ['an unknown task', ['--data', 'x', '--task', 'film'], 'expected user or scenario'],
    ['zero seeds', [...users, '--seeds', '0'], 'expected an integer of at least 1'],
    ['half an epoch', [...users, '--epochs', '0.5'], 'expected an integer'],
    ['an empty name in a list', [...users, '--models', 'film,,dcn'], 'expected names separated by commas'],
    [
      'an unknown model',
      [...users, '--models', 'film,melu'],
      `INVALID_CONFIGURATION: models: expected one of ${modelNames('USER').join(', ')}, got "melu"`,
    ],
    [
      'an unknown modulation',
      [...users, '--models', 'film', '--config', '{"modulation":"bilinear"}'],
      'modulation: expected one of "linear", "sigmoid", "film", "softModules", got "bilinear"',
    ],
    [
      'layer widths that do not match',
      [...users, '--models', 'film', '--config', '{"hyperWidths":[64]}'],
      'hyperWidths: expected 2 widths with film, one for each of backboneWidths, got [64]',
    ],
    [
      'a configuration that only the last model refuses',
      [...users, '--models', 'film,dcn', '--config', '{"hybrid":"dot"}'],
      'The configuration of DCN is wrong',
    ],
    ['an unknown training option', [...users, '--options', '{"learningRat":1}'], 'Unrecognized key: "learningRat"'],
    [
      'episodes that are not an object',
      [...users, '--options', '{"episodes":5}'],
      'The configuration of the training is wrong: episodes',
    ],
    ['an ablation of user tasks', [...users, '--ablation'], '--ablation: expected --task scenario'],
    ['an ablation with models', [...scenarios, '--ablation', '--models', 'film'], '--ablation: expected no --models'],
    ['test scenarios for user tasks', [...users, '--test-scenarios', 'x'], 'expected --task scenario'],
    ['test ratings for scenario tasks', [...scenarios, '--test-ratings', 'x'], 'expected --task user'],
    ['lists of scenarios', [...scenarios, '--lists'], '--lists: expected --task user'],
    ['a positive value without lists', [...users, '--positive', '4'], '--positive: expected --lists'],
    ['a split without lists', [...users, '--split', 'time'], '--split: expected --lists'],
    ['a number of shown ratings with lists', [...users, '--lists', '--shown', '5'], '--shown: expected --task user'],
    ['a number of shown ratings below 0', [...users, '--shown', '-1'], 'expected an integer of at least 0'],
    ['new items without lists', [...users, '--new-items', '0.1'], '--new-items: expected --lists'],
    ['a share of new items above 1', [...users, '--lists', '--new-items', '10'], 'expected a number between 0 and 1'],
    ['a positive value that is no number', [...users, '--lists', '--positive', 'x'], 'expected a number'],
    ['an unknown split', [...users, '--lists', '--split', 'user'], 'Allowed choices are random, time'],
    [
      'an unknown model of lists',
      [...users, '--lists', '--models', 'dcn-f'],
      `models: expected one of ${modelNames('LISTS').join(', ')}, got "dcn-f"`,
    ],
    ['a JSON file in a missing folder', [...users, '--json', 'no/where.json'], '--json: expected a writable file'],
    ['a folder as the JSON file', [...users, '--json', tmpdir()], 'is a folder'],
  ])('refuse %s before data is read', async (_, args, message) => {
    expect(await refusal(...args)).toContain(message);
  });
});
