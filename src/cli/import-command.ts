import { basename } from 'node:path';
import { Command } from 'commander';
import type { LoadCount } from '../catalog/bulk-catalog.ts';
import { type Config, readConfig } from '../config.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { openMovieLens } from '../datasets/movielens/open-movielens.ts';
import { type LoadReport, loadDataset } from '../interactions/load-dataset.ts';
import { RejectFile } from '../interactions/reject-file.ts';
import { openStore } from './open-store.ts';
import { print, startProgress } from './terminal.ts';

interface ImportOptions {
  readonly strict: boolean;
  readonly rejects: string;
}

/** The formats that can be imported, by their name on the command line. */
const formats: Record<string, { readonly open: (directory: string) => Promise<Dataset>; readonly summary: string }> = {
  movielens: {
    open: openMovieLens,
    summary: 'a MovieLens folder: ml-1m as published, or with CSV ratings and metadata',
  },
};

export function importCommand(): Command {
  const command = new Command('import').description('load a dataset from files');
  for (const [name, { open, summary }] of Object.entries(formats)) {
    command
      .command(name)
      .description(summary)
      .argument('<directory>', 'the folder with the files')
      .option('--strict', 'load nothing if any row is rejected', false)
      .option('--rejects <file>', 'write rejected rows to this file', `${name}-rejects.csv`)
      .action((directory: string, options: ImportOptions) => runImport(open, directory, options));
  }
  return command;
}

async function runImport(open: (directory: string) => Promise<Dataset>, directory: string, options: ImportOptions) {
  const config = readConfig(process.env);
  const dataset = await open(directory);
  const store = await openStore(config);
  try {
    print(`${dataset.title} → ${store.place}`);
    const started = performance.now();
    const report = await loadWithProgress(store.pool, dataset, config, options);
    printReport(report, (performance.now() - started) / 1000);
    if (report.rejected > 0) print(`${report.rejected} rejected rows, with their reasons: ${options.rejects}`);
  } finally {
    await store.close();
  }
}

/** Loads a dataset and shows a progress bar. Rejected rows are written to the file `rejects`. */
export async function loadWithProgress(
  pool: Parameters<typeof loadDataset>[0],
  dataset: Dataset,
  { ratingScale }: Config,
  { strict, rejects }: ImportOptions,
): Promise<LoadReport> {
  const rejectFile = new RejectFile(rejects);
  const progress = startProgress('loading ', dataset.bytes);
  let bytes = 0;
  let rejected = 0;
  try {
    return await loadDataset(pool, dataset, {
      onAdded: (rows) => progress.update(dataset.bytes, `${number(rows)} interactions stored`),
      ratingScale,
      strict,
      onReject(reject) {
        rejected++;
        rejectFile.add(reject);
      },
      onBytes(read) {
        bytes += read;
        const storing = bytes >= dataset.bytes ? 'storing' : 'reading';
        progress.update(bytes, rejected > 0 ? `${storing}, ${rejected} rejected (${basename(rejects)})` : storing);
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
