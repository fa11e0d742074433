import './cli/production-by-default.ts';
import { Command } from 'commander';
import { backupCommand } from './cli/backup-command.ts';
import { demoCommand } from './cli/demo-command.ts';
import { evaluateCommand } from './cli/evaluate-command.ts';
import { exportCommand } from './cli/export-command.ts';
import { importCommand } from './cli/import-command.ts';
import { keysCommand } from './cli/keys-command.ts';
import { migrateCommand } from './cli/migrate-command.ts';
import { modelsCommand } from './cli/models-command.ts';
import { restoreCommand } from './cli/restore-command.ts';
import { serveCommand } from './cli/serve-command.ts';
import { allowClosedOutput } from './cli/terminal.ts';
import { trainCommand } from './cli/train-command.ts';
import { workerCommand } from './cli/worker-command.ts';
import { WarmstartError } from './common/errors.ts';

const program = new Command('warmstart')
  // The options of a command are also those of its subcommands, and belong to the one that they follow.
  .enablePositionalOptions()
  .description('A recommendation platform for new users, items and scenarios.')
  .addCommand(demoCommand())
  .addCommand(serveCommand())
  .addCommand(keysCommand())
  .addCommand(workerCommand())
  .addCommand(importCommand())
  .addCommand(trainCommand())
  .addCommand(evaluateCommand())
  .addCommand(modelsCommand())
  .addCommand(exportCommand())
  .addCommand(migrateCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand());

allowClosedOutput();
try {
  await program.parseAsync();
} catch (error) {
  // An error that the caller can act on is one line. Any other error is a bug, so its stack is printed.
  process.stderr.write(error instanceof WarmstartError ? `error: ${error.message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}
