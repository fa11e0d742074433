import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { BackupHeader } from '../backup/backup-format.ts';
import { isDump } from '../backup/dump-file.ts';
import { writeBackup } from '../backup/write-backup.ts';
import { writeDump } from '../backup/write-dump.ts';
import { readConfig } from '../config.ts';
import { openStore, type Store } from './open-store.ts';
import { number, print, startProgress } from './terminal.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('write all that is stored into one file, also models and API keys, as of one moment')
    .argument('<file>', 'the file to write, which only its owner can read; .dump at its end makes pg_dump write it')
    .option('--force', 'replace the file if it is there already', false)
    .action(async (file: string, { force }: { readonly force: boolean }) => {
      const store = await openStore(readConfig(process.env), { migrates: false, acceptsPending: true });
      try {
        const started = performance.now();
        if (isDump(file)) await writeDump(store.url, file, { force });
        else printRows(await writeWithProgress(store, file, force));
        await printFile(file, (performance.now() - started) / 1000);
      } finally {
        await store.close();
      }
    });
}

async function writeWithProgress({ pool }: Store, file: string, force: boolean): Promise<BackupHeader> {
  const progress = startProgress('backing up ', 1);
  try {
    return await writeBackup(pool, file, {
      force,
      onRows: (written, all) => progress.update(all > 0 ? written / all : 1, `${number(written)} rows written`),
    });
  } finally {
    progress.stop();
  }
}

/** Prints how many rows of each table a backup has, except of empty ones. */
export function printRows({ tables }: BackupHeader): void {
  for (const { name, rows } of tables) if (rows > 0) print(`${name}  ${number(rows)} rows`);
}

async function printFile(file: string, seconds: number): Promise<void> {
  const mebibytes = (await stat(file)).size / 2 ** 20;
  print(`${file}  ${mebibytes.toFixed(1)} MiB in ${seconds.toFixed(1)} s`);
  print('It has the hashes of API keys and the secret of cursors: keep it where only operators can read it.');
}
