import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { paperCommand } from '../../src/cli/paper-command.ts';
import { readConfig } from '../../src/config.ts';
import { FinishedUnits } from '../../src/paper/finished-units.ts';
import { modelUnits } from '../../src/paper/model-units.ts';
import { paperTables } from '../../src/paper/paper-tables.ts';
import { surveyDatasets } from '../../src/paper/survey-datasets.ts';
import { plantedFolder } from '../model-benchmark/planted-folder.ts';
import { plantedThemes } from '../model-benchmark/planted-themes.ts';
import { eventually } from '../support/eventually.ts';
import { endOfWarmstart, spawnWarmstart } from '../support/server-process.ts';

// Each model is trained in a process of its own.
jest.setTimeout(120_000);

/** Twenty-five models take a minute. */
const slow = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

describe('paper', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-paper-'));
    for (const [path, files] of Object.entries({ data: plantedFolder(), themes: plantedThemes() })) {
      await mkdir(join(folder, path));
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, path, name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    endOfWarmstart(['paper', '--data', 'data', ...args], { WARMSTART_ENGINE: 'wasm' }, { folder });
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const titles = async () => {
    const lines = await read('work/units.jsonl').catch(() => '');
    return lines
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).title);
  };

  test('continues after a kill, and writes the table, the figure and the differences', async () => {
    const args = ['--quick', '--only', 'table-5,figure-2', '--work', 'work', '--out', 'page.md'];
    const killed = spawnWarmstart(['paper', '--data', 'data', ...args], { WARMSTART_ENGINE: 'wasm' }, { folder });
    await eventually(async () => (await titles()).length >= 2, { within: 60_000 });
    killed.kill('SIGKILL');
    const done = await titles();
    const { status, output, errors } = await run(...args);
    expect({ status, errors }).toEqual({
      status: 0,
      errors: expect.stringContaining(`models to train: 4, of which ${done.length} are finished\n`),
    });
    expect(output).toBe('page.md\nfigures/paper-figure-2.svg\n');
    expect(await titles()).toEqual(
      ['se-dot', 'sigmoid-paper', 'film-paper', 'soft-paper'].map((model) => `MovieLens ${model}, seed 1`),
    );
    const page = await read('page.md');
    expect(page).toContain('    npm run -s cli -- paper --data DIR --seeds 1 --quick --only table-5,figure-2\n');
    // Scenarios of sixteen films: the first twenty are all of them.
    expect(page).toMatch(/^\| Linear \| `se-dot` \| 0\.\d{4} \| 0\.4729 \| 1\.0000 \| 0\.6550 \|$/m);
    expect(page).toContain('- Table 5, Taobao: expected a folder of the Cloud Theme Click Dataset of Taobao');
    expect(page).toContain('](figures/paper-figure-2.svg)');
    expect(page.split('\n').filter((line) => line.length > 120 && !line.startsWith('|'))).toEqual([]);
    expect(await read('figures/paper-figure-2.svg')).toMatch(/^<svg /);
  });

  test('makes the tables of Taobao and of one model for both datasets from two folders', async () => {
    // Only models that need little time are measured. The others are finished already, with a number of their own.
    const isMeasured = (title: string) => title.includes('itempop') || title === 'MovieLens-Taobao dcn-paper, seed 1';
    const units = await unitsOf(7, 8);
    const finished = await FinishedUnits.open(join(folder, 'both', 'units.jsonl'));
    for (const { key, title, model } of units.filter(({ title }) => !isMeasured(title)))
      await finished.add({
        key,
        title,
        seconds: 1,
        result: { model, epochs: 1, metrics: { recall100: { mean: 0.7 } } },
      });
    const { status, errors } = await endOfWarmstart(
      ['paper', '--data', 'data', '--data', 'themes', '--quick', '--only', 'table-7,table-8', '--work', 'both'],
      { WARMSTART_ENGINE: 'wasm' },
      // A unit has another key in the compiled program.
      { folder, byTsx: true },
    );
    expect({ status, errors }).toEqual({ status: 0, errors: expect.stringContaining('train: 15, of which 12 are ') });
    const page = await read('both/quick.md');
    expect(page).toContain(
      '    npm run -s cli -- paper --data MOVIELENS_DIR --data TAOBAO_DIR --seeds 1 --quick --only table-7,table-8\n',
    );
    const [, taobao, hybrid] = page.split('\n### ');
    expect(taobao).toMatch(/^Table 7, Taobao\n\n.*\(8 training scenarios, 2 test\s+scenarios\)/s);
    expect(hybrid).toMatch(/^Table 8, MovieLens-Taobao\n\n.*\(16 training scenarios, 4 test\s+scenarios\)/s);
    for (const table of [taobao, hybrid]) {
      expect(table).toContain('| row | model | Recall@20 | paper | Recall@50 | paper | Recall@100 | paper |\n');
      // Themes of sixteen items, as above.
      expect(table).toMatch(/^\| ItemPop \| `itempop` \| 1\.0000 \|.*\| 1\.0000 \|.*\| 1\.0000 \|/m);
    }
    expect(hybrid).toMatch(/^\| DCN \| `dcn-paper` \| 1\.0000 \|/m);
    expect(taobao).toContain('| – | 0.4207 ± 0.0004 | 0.7000 | 0.5866 ± 0.0009 |\n');
    expect(page).not.toContain('What the data did not allow');
  });

  /** The models of some tables in a quick run on both folders. */
  async function unitsOf(...tables: readonly number[]) {
    const {
      engine: choice,
      engineProvider: provider,
      engineThreads: threads,
    } = readConfig({ WARMSTART_ENGINE: 'wasm' });
    const surveys = await surveyDatasets([join(folder, 'data'), join(folder, 'themes')]);
    const sources = Object.entries(surveys).map(([dataset, { folders, fingerprint }]) => [
      dataset,
      { folders, conditions: { data: fingerprint, engine: { choice, provider, threads }, epochs: 1 } },
    ]);
    return modelUnits(
      paperTables.filter(({ table }) => tables.includes(table)),
      { sources: Object.fromEntries(sources), seeds: 1 },
    );
  }

  slow(
    'makes all tables and figures that the data allows',
    async () => {
      // A step of s²Meta needs more memory than wasm can have.
      const { status, output } = await endOfWarmstart(
        ['paper', '--data', 'data', '--quick', '--work', 'all'],
        { WARMSTART_ENGINE: 'onnx' },
        { folder },
      );
      expect(status).toBe(0);
      expect(output.split('\n')).toHaveLength(5);
      const page = await read('all/quick.md');
      for (const title of ['Table 2, MovieLens', 'Table 3, W-W', 'Table 3, C-W', 'Table 9, MovieLens', 'Figure 4'])
        expect(page).toContain(`### ${title}`);
    },
    300_000,
  );

  test('ends with an error before anything is trained if the folder has no data', async () => {
    const { status, output, errors } = await run('--data', 'nowhere', '--work', 'no', '--out', 'no.md');
    expect(errors).toMatch(
      /^error: expected a MovieLens folder or a folder of the Cloud Theme Click Dataset at [^\n]*nowhere[^\n]*\n$/,
    );
    expect({ status, output }).toEqual({ status: 1, output: '' });
  });
});

describe('the options of paper', () => {
  /** Runs the command in this process, as far as what is wrong with its options. */
  const refusal = async (...args: string[]): Promise<string> => {
    let written = '';
    const command = paperCommand()
      .exitOverride()
      .configureOutput({ writeErr: (text) => (written += text) });
    const work = join(tmpdir(), `warmstart-paper-options-${process.pid}`);
    try {
      await command.parseAsync(['--work', work, ...args], { from: 'user' });
    } catch (error) {
      return written || `${(error as { code: string }).code}: ${(error as Error).message}`;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    throw new Error('expected the command to refuse its options');
  };
  const data = ['--data', 'nowhere'];

  test.each([
    ['a missing folder', [], "required option '--data <path>' not specified"],
    ['zero seeds', [...data, '--seeds', '0'], 'expected an integer of at least 1'],
    ['an unknown table', [...data, '--only', 'table-1'], 'INVALID_CONFIGURATION: --only: expected some of table-2'],
    ['an empty name', [...data, '--only', 'table-3,'], 'expected names separated by commas'],
    [
      'a page in a missing folder',
      [...data, '--out', 'no/where.md'],
      'INVALID_CONFIGURATION: --out: expected a writable page',
    ],
    ['a page without the comments', [...data, '--out', 'README.md'], 'it has no section between the lines'],
    ['a file as the work folder', [...data, '--work', 'README.md'], 'INVALID_CONFIGURATION: --work: expected a folder'],
  ])('refuse %s before data is read', async (_, args, message) => {
    expect(await refusal(...args)).toContain(message);
  });
});
