import './cli/production-by-default.ts';
import { Command } from 'commander';
import { allowClosedOutput } from './cli/terminal.ts';
import { WarmstartError } from './common/errors.ts';

/** A command loads the modules that it needs, which takes most of the time of a short one. So only one is loaded. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./cli/demo-command.ts')).demoCommand(),
  serve: async () => (await import('./cli/serve-command.ts')).serveCommand(),
  keys: async () => (await import('./cli/keys-command.ts')).keysCommand(),
  worker: async () => (await import('./cli/worker-command.ts')).workerCommand(),
  import: async () => (await import('./cli/import-command.ts')).importCommand(),
  data: async () => (await import('./cli/data-command.ts')).dataCommand(),
  train: async () => (await import('./cli/train-command.ts')).trainCommand(),
  evaluate: async () => (await import('./cli/evaluate-command.ts')).evaluateCommand(),
  paper: async () => (await import('./cli/paper-command.ts')).paperCommand(),
  models: async () => (await import('./cli/models-command.ts')).modelsCommand(),
  export: async () => (await import('./cli/export-command.ts')).exportCommand(),
  migrate: async () => (await import('./cli/migrate-command.ts')).migrateCommand(),
  backup: async () => (await import('./cli/backup-command.ts')).backupCommand(),
  restore: async () => (await import('./cli/restore-command.ts')).restoreCommand(),
};

const program = new Command('warmstart')
  // The options of a command are also those of its subcommands, and belong to the one that they follow.
  .enablePositionalOptions()
  .description('A recommendation platform for new users, items and scenarios.');

// All of them for `--help`, and to suggest one for a name that is not there.
const all = Object.entries(commands);
const named = all.filter(([name]) => name === process.argv[2]);
for (const [, load] of named.length > 0 ? named : all) program.addCommand(await load());

allowClosedOutput();
try {
  await program.parseAsync();
} catch (error) {
  // An error that the caller can act on is one line. Any other error is a bug, so its stack is printed.
  process.stderr.write(error instanceof WarmstartError ? `error: ${error.message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}
