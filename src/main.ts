import { Command } from 'commander';
import { demoCommand } from './cli/demo-command.ts';
import { evaluateCommand } from './cli/evaluate-command.ts';
import { exportCommand } from './cli/export-command.ts';
import { importCommand } from './cli/import-command.ts';
import { keysCommand } from './cli/keys-command.ts';
import { migrateCommand } from './cli/migrate-command.ts';
import { serveCommand } from './cli/serve-command.ts';
import { trainCommand } from './cli/train-command.ts';
import { workerCommand } from './cli/worker-command.ts';
import { WarmstartError } from './common/errors.ts';

const program = new Command('warmstart')
  .description('A recommendation platform for the cold start.')
  .addCommand(demoCommand())
  .addCommand(serveCommand())
  .addCommand(keysCommand())
  .addCommand(workerCommand())
  .addCommand(importCommand())
  .addCommand(trainCommand())
  .addCommand(evaluateCommand())
  .addCommand(exportCommand())
  .addCommand(migrateCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What the caller can act on is said in a line; anything else is a fault of ours and needs its stack.
  process.stderr.write(
    error instanceof WarmstartError ? `error: ${error.message}\n` : `${(error as Error).stack}\n`,
  );
  process.exitCode = 1;
}
