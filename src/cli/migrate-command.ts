import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openStore } from './open-store.ts';
import { print } from './terminal.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'apply pending migrations to the database, as every command but evaluate does first; also apply the rating scale of the settings',
    )
    .action(async () => {
      const store = await openStore(readConfig(process.env), { setsPositives: true });
      print(`${store.place} is up to date`);
      await store.close();
    });
}
