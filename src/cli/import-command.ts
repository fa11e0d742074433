import { basename } from 'node:path';
import { Command } from 'commander';
import type { LoadCount } from '../catalog/bulk-catalog.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import type { Dataset, Reject } from '../datasets/dataset.ts';
import { openCloudTheme } from '../datasets/mapping/open-cloud-theme.ts';
import { openMovieLens } from '../datasets/mapping/open-movielens.ts';
import { shopDataset } from '../datasets/shop/shop-dataset.ts';
import { syntheticDataset } from '../datasets/synthetic/synthetic-dataset.ts';
import { type LoadReport, loadDataset } from '../interactions/load-dataset.ts';
import { RejectFile } from '../interactions/reject-file.ts';
import { forgetOldChanges } from '../live-catalog/read-changes.ts';
import { positiveInteger } from './arguments.ts';
import { checkRejectFile } from './check-reject-file.ts';
import { inspectCommand } from './inspect-command.ts';
import { openMappedFiles } from './mapping-file.ts';
import { openStore } from './open-store.ts';
import { number, print, startProgress } from './terminal.ts';
import { warnOfRatingScale } from './warn-of-rating-scale.ts';

export interface ImportOptions {
  readonly strict: boolean;
  readonly rejects: string;
  readonly dryRun: boolean;
  readonly createMissing: boolean;
}

/** How much synthetic data is generated. Default: as the kind says. */
interface Sizes {
  readonly users?: number;
  readonly items?: number;
}

interface Format {
  readonly argument: readonly [name: string, description: string];
  readonly open: (argument: string, config: Config, sizes: Sizes) => Promise<Dataset>;
  /** Whether the options `--users` and `--items` say how much there is. Default: no. */
  readonly hasSizes?: boolean;
  /** The files and folders that are read. */
  readonly inputs: (argument: string) => readonly string[];
  readonly summary: string;
}

/** The formats that need no mapping, by their name on the command line. */
const formats: Record<string, Format> = {
  movielens: {
    argument: ['<directory>', 'the folder with the files'],
    open: (directory, { ratingScale }) => openMovieLens(directory, ratingScale),
    inputs: (directory) => [directory],
    summary: 'a MovieLens folder: ml-1m or ml-20m as published, or ml-1m with CSV ratings and metadata',
  },
  'cloud-theme': {
    argument: ['<directory>', 'the folder with the files'],
    open: (directory) => openCloudTheme(directory),
    inputs: (directory) => [directory],
    summary: 'a folder of the Cloud Theme Click Dataset of Taobao, as published',
  },
  synthetic: {
    argument: ['<kind>', 'ratings, or the views, carts and purchases of a shop'],
    open: openSynthetic,
    hasSizes: true,
    inputs: () => [],
    summary: 'generated data to try the platform with',
  },
};

export function importCommand(): Command {
  const command = new Command('import')
    .enablePositionalOptions()
    .description('load files of any format, as a mapping says; inspect writes one')
    .argument('[files...]', 'files, folders with files, or - for standard input')
    .option('--map <file>', 'what the columns of the files mean', 'mapping.json')
    .action((paths: string[], { map, ...options }: ImportOptions & { readonly map: string }) =>
      runImport(({ ratingScale }) => openMappedFiles(checkPaths(paths), map, ratingScale), [...paths, map], options),
    );
  addOptions(command, 'import');
  command.addCommand(inspectCommand());
  for (const [name, { argument, open, inputs, summary, hasSizes = false }] of Object.entries(formats)) {
    const format = command
      .command(name)
      .description(summary)
      .argument(...argument)
      .action((given: string, { users, items, ...options }: ImportOptions & Sizes) => {
        const sizes = { ...(users !== undefined && { users }), ...(items !== undefined && { items }) };
        return runImport((config) => open(given, config, sizes), inputs(given), options);
      });
    if (hasSizes) addSizes(format);
    addOptions(format, name);
  }
  return command;
}

function addOptions(command: Command, name: string): void {
  command
    .option('--strict', 'load nothing if any row is rejected', false)
    .option('--dry-run', 'find all rejected rows and count what would be added, but load nothing', false)
    .option('--create-missing', 'create the users and items that interactions name and that are not stored', false)
    .option('--rejects <file>', 'write rejected rows to this file', `${name}-rejects.csv`);
}

function addSizes(command: Command): void {
  command
    .option('--users <number>', 'how many users to generate', positiveInteger)
    .option('--items <number>', 'how many items to generate', positiveInteger);
}

function checkPaths(paths: readonly string[]): readonly string[] {
  if (paths.length > 0) return paths;
  throw new WarmstartError('INVALID_CONFIGURATION', 'import: expected files or folders to import, got none');
}

const syntheticKinds: Record<string, (sizes: Sizes) => Dataset> = { ratings: syntheticDataset, shop: shopDataset };

async function openSynthetic(kind: string, _config: Config, sizes: Sizes): Promise<Dataset> {
  const generate = Object.hasOwn(syntheticKinds, kind) ? syntheticKinds[kind] : undefined;
  if (generate) return generate(sizes);
  const kinds = Object.keys(syntheticKinds).join(' or ');
  throw new WarmstartError('INVALID_CONFIGURATION', `expected ${kinds} as the kind of synthetic data, got "${kind}"`);
}

async function runImport(
  open: (config: Config) => Promise<Dataset>,
  inputs: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const config = readConfig(process.env);
  await checkRejectFile(options.rejects, inputs);
  const dataset = await open(config);
  const store = await openStore(config);
  try {
    await warnOfRatingScale(store.database, config);
    print(`${dataset.title} → ${store.place}`);
    const started = performance.now();
    const report = await loadWithProgress(store.pool, dataset, config, options);
    printReport(report, (performance.now() - started) / 1000);
    if (options.dryRun) print('Nothing was stored, because of --dry-run.');
    // Without a server or a worker, nobody else would delete old changes.
    await forgetOldChanges(store.pool);
    if (report.rejected > 0) print(`${countOf(report.rejected)} rejected; ${options.rejects} has the reasons`);
    if (report.firstReject) print(`The first one is ${rejectLine(report.firstReject)}`);
    // A script must notice that nothing could be read.
    if (report.rejected > 0 && rowsOf(report) === 0) process.exitCode = 1;
  } finally {
    await store.close();
  }
}

interface LoadedReport extends LoadReport {
  readonly firstReject: Reject | undefined;
}

/** Loads a dataset and shows a progress bar. Rejected rows are written to the file `rejects`. */
export async function loadWithProgress(
  pool: Parameters<typeof loadDataset>[0],
  dataset: Dataset,
  { ratingScale, maxItems }: Config,
  { rejects, ...options }: ImportOptions,
): Promise<LoadedReport> {
  const rejectFile = new RejectFile(rejects);
  const progress = startProgress('loading ', dataset.bytes);
  let [bytes, stored, rejected] = [0, 0, 0];
  let firstReject: Reject | undefined;
  const show = () => {
    const storing = stored > 0 ? `${number(stored)} interactions stored` : 'reading';
    progress.update(bytes, rejected > 0 ? `${storing}, ${rejected} rejected (${basename(rejects)})` : storing);
  };
  try {
    const report = await loadDataset(pool, dataset, {
      ratingScale,
      maxItems,
      ...options,
      onReject(reject) {
        rejected++;
        firstReject ??= reject;
        rejectFile.add(reject);
      },
      onBytes(read) {
        bytes += read;
        show();
      },
      onAdded(rows) {
        stored = rows;
        show();
      },
    });
    return { ...report, firstReject };
  } finally {
    progress.stop();
    rejectFile.close();
  }
}

export function printReport({ users, items, scenarios, interactions }: LoadReport, seconds: number): void {
  for (const [kind, count] of Object.entries({ users, items, scenarios, interactions })) print(countLine(kind, count));
  const rows = rowsOf({ users, items, scenarios, interactions });
  print(`${number(rows)} rows in ${seconds.toFixed(1)} s, ${number(Math.round(rows / seconds))} rows/s`);
}

function rowsOf({ users, items, scenarios, interactions }: Omit<LoadReport, 'rejected'>): number {
  return [users, items, scenarios, interactions].reduce((sum, { read }) => sum + read, 0);
}

function countLine(kind: string, { read, added, changed }: LoadCount): string {
  return `${kind.padEnd(13)}${number(added)} added, ${number(changed)} changed, ${number(read - added - changed)} unchanged`;
}

function rejectLine({ file, line, reason }: Reject): string {
  return `${file}, line ${line}: ${reason}`;
}

function countOf(rows: number): string {
  return rows === 1 ? '1 row was' : `${number(rows)} rows were`;
}
