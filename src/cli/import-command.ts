import { basename } from 'node:path';
import { Command } from 'commander';
import type { LoadCount } from '../catalog/bulk-catalog.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { openMovieLens } from '../datasets/movielens/open-movielens.ts';
import { shopDataset } from '../datasets/shop/shop-dataset.ts';
import { syntheticDataset } from '../datasets/synthetic/synthetic-dataset.ts';
import { type LoadReport, loadDataset } from '../interactions/load-dataset.ts';
import { RejectFile } from '../interactions/reject-file.ts';
import { forgetOldChanges } from '../live-catalog/read-changes.ts';
import { openStore } from './open-store.ts';
import { print, startProgress } from './terminal.ts';
import { warnOfRatingScale } from './warn-of-rating-scale.ts';

interface ImportOptions {
  readonly strict: boolean;
  readonly rejects: string;
}

interface Format {
  readonly argument: readonly [name: string, description: string];
  readonly open: (argument: string) => Promise<Dataset>;
  readonly summary: string;
}

/** The formats that can be imported, by their name on the command line. */
const formats: Record<string, Format> = {
  movielens: {
    argument: ['<directory>', 'the folder with the files'],
    open: openMovieLens,
    summary: 'a MovieLens folder: ml-1m as published, or with CSV ratings and metadata',
  },
  synthetic: {
    argument: ['<kind>', 'ratings, or the views, carts and purchases of a shop'],
    open: openSynthetic,
    summary: 'generated data to try the platform with',
  },
};

export function importCommand(): Command {
  const command = new Command('import').description('load a dataset');
  for (const [name, { argument, open, summary }] of Object.entries(formats)) {
    command
      .command(name)
      .description(summary)
      .argument(...argument)
      .option('--strict', 'load nothing if any row is rejected', false)
      .option('--rejects <file>', 'write rejected rows to this file', `${name}-rejects.csv`)
      .action((given: string, options: ImportOptions) => runImport(open, given, options));
  }
  return command;
}

const syntheticKinds: Record<string, () => Dataset> = { ratings: syntheticDataset, shop: shopDataset };

async function openSynthetic(kind: string): Promise<Dataset> {
  if (Object.hasOwn(syntheticKinds, kind)) return (syntheticKinds[kind] as () => Dataset)();
  const kinds = Object.keys(syntheticKinds).join(' or ');
  throw new WarmstartError('INVALID_CONFIGURATION', `expected ${kinds} as the kind of synthetic data, got "${kind}"`);
}

async function runImport(open: Format['open'], argument: string, options: ImportOptions) {
  const config = readConfig(process.env);
  const dataset = await open(argument);
  const store = await openStore(config);
  try {
    await warnOfRatingScale(store.database, config);
    print(`${dataset.title} → ${store.place}`);
    const started = performance.now();
    const report = await loadWithProgress(store.pool, dataset, config, options);
    printReport(report, (performance.now() - started) / 1000);
    // Without a server or a worker, nobody else would delete old changes.
    await forgetOldChanges(store.pool);
    if (report.rejected > 0) print(`${report.rejected} rejected rows, with their reasons: ${options.rejects}`);
  } finally {
    await store.close();
  }
}

/** Loads a dataset and shows a progress bar. Rejected rows are written to the file `rejects`. */
export async function loadWithProgress(
  pool: Parameters<typeof loadDataset>[0],
  dataset: Dataset,
  { ratingScale, maxItems }: Config,
  { strict, rejects }: ImportOptions,
): Promise<LoadReport> {
  const rejectFile = new RejectFile(rejects);
  const progress = startProgress('loading ', dataset.bytes);
  let [bytes, stored, rejected] = [0, 0, 0];
  const show = () => {
    const storing = stored > 0 ? `${number(stored)} interactions stored` : 'reading';
    progress.update(bytes, rejected > 0 ? `${storing}, ${rejected} rejected (${basename(rejects)})` : storing);
  };
  try {
    return await loadDataset(pool, dataset, {
      ratingScale,
      maxItems,
      strict,
      onReject(reject) {
        rejected++;
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
  } finally {
    progress.stop();
    rejectFile.close();
  }
}

export function printReport({ users, items, scenarios, interactions }: LoadReport, seconds: number): void {
  for (const [kind, count] of Object.entries({ users, items, scenarios, interactions })) print(countLine(kind, count));
  const rows = [users, items, scenarios, interactions].reduce((sum, { read }) => sum + read, 0);
  print(`${number(rows)} rows in ${seconds.toFixed(1)} s, ${number(Math.round(rows / seconds))} rows/s`);
}

function countLine(kind: string, { read, added, changed }: LoadCount): string {
  return `${kind.padEnd(13)}${number(added)} added, ${number(changed)} changed, ${number(read - added - changed)} unchanged`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
