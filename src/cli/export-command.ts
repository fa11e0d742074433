import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { exportModelVersion } from '../registry/export-model-version.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { positiveInteger, type TaskName, taskKindOf, taskOption } from './arguments.ts';
import { exportDataCommand } from './export-data-command.ts';
import { openStore } from './open-store.ts';
import { print } from './terminal.ts';

interface ExportOptions {
  readonly task: TaskName;
  readonly modelVersion?: number;
}

export function exportCommand(): Command {
  return new Command('export')
    .enablePositionalOptions()
    .description('write a model version as ONNX files for any ONNX runtime; data writes what is stored')
    .argument('<directory>', 'the folder to write to')
    .addOption(taskOption('export the active model of this kind of task'))
    .option('--model-version <id>', 'export this version instead of the active one', positiveInteger)
    .action(async (directory: string, { task, modelVersion }: ExportOptions) => {
      const store = await openStore(readConfig(process.env));
      try {
        const version = modelVersion ?? (await activeVersionId(store.database, taskKindOf(task)));
        if (version === null)
          throw new WarmstartError('INVALID_DATA', 'there is no active model to export; train one first');
        const files = await exportModelVersion(store.database, version);
        await mkdir(directory, { recursive: true });
        for (const [name, bytes] of files) {
          await writeFile(join(directory, name), bytes);
          print(join(directory, name));
        }
      } finally {
        await store.close();
      }
    })
    .addCommand(exportDataCommand());
}
