import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import type { BackupHeader } from '../backup/backup-format.ts';
import { checkRestorable, restoreBackup } from '../backup/restore-backup.ts';
import { printRows } from './backup-command.ts';
import { withStore } from './open-store.ts';
import { number, print, startProgress } from './terminal.ts';
import { warnOfRatingScale } from './warn-of-rating-scale.ts';

export function restoreCommand(): Command {
  return new Command('restore')
    .description('restore a backup into an empty database; stop all servers and workers first')
    .argument('<file>', 'a file that backup has written')
    .option('--replace', 'delete what the database has, and restore the backup instead', false)
    .action(async (file: string, { replace }: { readonly replace: boolean }) => {
      const started = performance.now();
      const header = await withBytes('checking ', file, (onBytes) => checkRestorable(file, onBytes));
      await withStore(async (store, config) => {
        await withBytes('restoring ', file, (onLoaded) => restoreBackup(store, file, header, { replace, onLoaded }));
        printRows(header);
        printRestored(header, store.place, (performance.now() - started) / 1000);
        await warnOfRatingScale(store.database, config);
      });
    });
}

/** Shows how much of a file `work` has read. */
async function withBytes<T>(title: string, file: string, work: (onBytes: (read: number) => void) => Promise<T>) {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  const progress = startProgress(title, Math.max(size, 1));
  try {
    return await work((read) => progress.update(read));
  } finally {
    progress.stop();
  }
}

function printRestored({ createdAt, tables }: BackupHeader, place: string, seconds: number): void {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  print(`restored the backup of ${createdAt} into ${place}: ${number(rows)} rows in ${seconds.toFixed(1)} s`);
}
