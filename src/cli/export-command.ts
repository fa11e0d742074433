import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { exportModelVersion } from '../registry/export-model-version.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { positiveInteger } from './integer-argument.ts';
import { openStore } from './open-store.ts';
import { print } from './print.ts';

interface ExportOptions {
  readonly task: 'user' | 'scenario';
  readonly modelVersion?: number;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('write a model version as ONNX files, which any ONNX runtime loads')
    .argument('<directory>', 'where the files go')
    .addOption(
      new Option('--task <kind>', 'whose active model').choices(['user', 'scenario']).default('user'),
    )
    .option('--model-version <id>', 'the version, instead of the active one', positiveInteger)
    .action(async (directory: string, { task, modelVersion }: ExportOptions) => {
      const store = await openStore(readConfig(process.env));
      try {
        const version =
          modelVersion ?? (await activeVersionId(store.database, task === 'user' ? 'USER' : 'SCENARIO'));
        if (version === null)
          throw new WarmstartError('INVALID_DATA', 'there is no model to export; train one first');
        const files = await exportModelVersion(store.database, version);
        await mkdir(directory, { recursive: true });
        for (const [name, bytes] of files) {
          await writeFile(join(directory, name), bytes);
          print(join(directory, name));
        }
      } finally {
        await store.close();
      }
    });
}
