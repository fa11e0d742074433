import { Argument, Command } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { downloadDataset } from '../datasets/download/download-dataset.ts';
import { groupLens, publishedArchives } from '../datasets/download/published-archives.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { number, type Progress, print, startProgress } from './terminal.ts';

interface DownloadCommandOptions {
  readonly to?: string;
  readonly from: string;
}

export function dataCommand(): Command {
  const command = new Command('data').description('get published datasets');
  command
    .command('download')
    .description('download a published dataset, verify its checksum and unpack it')
    .addArgument(new Argument('<name>', 'the dataset').choices(Object.keys(publishedArchives)))
    .option('--to <directory>', 'the folder for the files (default: ml-1m or ml-20m)')
    .option('--from <url>', 'the address of the folder that has the ZIP file, such as a mirror', groupLens)
    .action(runDownload);
  return command;
}

async function runDownload(name: keyof typeof publishedArchives, { to, from }: DownloadCommandOptions): Promise<void> {
  const archive = publishedArchives[name];
  const folder = to ?? archive.folder;
  const abort = new AbortController();
  const stop = () => abort.abort(new WarmstartError('INTERRUPTED', 'the download was interrupted; nothing was kept'));
  const unregister = onInterruption(stop);
  const shown = progressOf(archive.file);
  try {
    const download = { archive, from: addressOf(from), to: folder };
    await downloadDataset(download, { onBytes: shown.update, signal: abort.signal });
  } finally {
    shown.stop();
    unregister();
  }
  print(`${folder} has the files of ${archive.file}. To compare models on them:`);
  print(`npm run -s cli -- evaluate --data ${folder} --task user --lists`);
}

/** Throws INVALID_CONFIGURATION if the text is no address. */
function addressOf(text: string): string {
  if (!URL.canParse(text))
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `--from: expected an address such as ${groupLens}, got "${text}"`,
    );
  return text.endsWith('/') ? text : `${text}/`;
}

/** The bar starts with the first bytes, when the size of the file is known. */
function progressOf(file: string): { readonly update: (received: number, total: number) => void; stop(): void } {
  let progress: Progress | undefined;
  return {
    update(received, total) {
      progress ??= startProgress(file, total);
      progress.update(received, `${number(Math.round(received / 1e6))} MB`);
    },
    stop: () => progress?.stop(),
  };
}
