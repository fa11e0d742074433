import { mkdir, readdir } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { exportDataset, type WrittenFile } from '../interactions/export-dataset.ts';
import type { ExportFormat } from '../interactions/export-formats.ts';
import { openStore, type Store } from './open-store.ts';
import { number, print, startProgress } from './terminal.ts';
import { warnOfRatingScale } from './warn-of-rating-scale.ts';

interface ExportDataOptions {
  readonly format: 'jsonl' | 'parquet';
  readonly gzip: boolean;
  readonly force: boolean;
}

export function exportDataCommand(): Command {
  return new Command('data')
    .description(
      'write all users, items, scenarios and interactions as JSON Lines or Parquet, with the mapping to import them',
    )
    .argument('<directory>', 'the folder to write to')
    .addOption(new Option('--format <format>', 'JSON Lines or Parquet').choices(['jsonl', 'parquet']).default('jsonl'))
    .option('--gzip', 'compress files of JSON Lines; those of Parquet are compressed', false)
    .option('--force', 'write to a folder that has files already, and replace those of an earlier export', false)
    .action(async (directory: string, { format, gzip, force }: ExportDataOptions) => {
      const written = formatOf(format, gzip);
      if (!force) await checkEmpty(directory);
      const config = readConfig(process.env);
      const store = await openStore(config, { migrates: false });
      try {
        await warnOfRatingScale(store.database, config);
        await mkdir(directory, { recursive: true });
        const started = performance.now();
        const files = await exportWithProgress(store, directory, { format: written, ratingScale: config.ratingScale });
        printFiles(files, format === 'jsonl' ? 'lines' : 'rows', (performance.now() - started) / 1000);
        print(`To take them back: npm run -s cli -- import ${directory} --map ${directory}/mapping.json`);
      } finally {
        await store.close();
      }
    });
}

/** Throws INVALID_CONFIGURATION if files that are compressed are to be compressed again. */
function formatOf(format: ExportDataOptions['format'], gzip: boolean): ExportFormat {
  if (format === 'jsonl') return gzip ? 'jsonlGzip' : 'jsonl';
  if (!gzip) return format;
  const message =
    'expected --gzip only for JSON Lines, got it with --format parquet; files of Parquet are compressed, so leave it out';
  throw new WarmstartError('INVALID_CONFIGURATION', message);
}

/** Throws INVALID_CONFIGURATION if there is something in a folder. It need not exist. */
async function checkEmpty(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new WarmstartError('INVALID_CONFIGURATION', `cannot write to ${directory}: ${error.message}`, {
      cause: error,
    });
  });
  if (names.length === 0) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `expected a new or empty folder, got ${directory} with ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}; ` +
      'name another folder, or use --force to replace the files of an earlier export',
  );
}

async function exportWithProgress(
  { pool }: Store,
  directory: string,
  options: Parameters<typeof exportDataset>[2],
): Promise<WrittenFile[]> {
  const progress = startProgress('exporting ', 1);
  try {
    return await exportDataset(pool, directory, {
      ...options,
      onLines: (written, all) => progress.update(written / all, `${number(written)} lines written`),
    });
  } finally {
    progress.stop();
  }
}

function printFiles(files: readonly WrittenFile[], unit: 'lines' | 'rows', seconds: number): void {
  for (const { path, lines } of files) print(`${path}  ${number(lines)} ${unit}`);
  const all = files.reduce((sum, { lines }) => sum + lines, 0);
  print(`${number(all)} ${unit} in ${seconds.toFixed(1)} s, ${number(Math.round(all / seconds))} ${unit}/s`);
}
