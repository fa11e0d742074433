import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openStore } from './open-store.ts';
import { print } from './terminal.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply pending migrations to the database; every command but evaluate does this first')
    .action(async () => {
      const store = await openStore(readConfig(process.env));
      print(`${store.place} is up to date`);
      await store.close();
    });
}
