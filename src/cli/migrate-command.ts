import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openStore } from './open-store.ts';
import { print } from './print.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database up to date, as every command does first')
    .action(async () => {
      const store = await openStore(readConfig(process.env));
      print(`${store.place} is up to date`);
      await store.close();
    });
}
