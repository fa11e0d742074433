import { Command } from 'commander';
import { checkVersion, isUsable } from '../registry/check-artifact.ts';
import { listModelVersions, type ModelVersionSummary } from '../registry/model-registry.ts';
import { areActive, promoteByPerson, rollBack } from '../registry/promotion.ts';
import { evaluationOf, metricsInWords } from '../registry/version-evaluation.ts';
import type { Database } from '../store/database.ts';
import { positiveInteger, type TaskName, taskKindOf, taskOption } from './arguments.ts';
import { withStore } from './open-store.ts';
import { startEngine } from './start-engine.ts';
import { print } from './terminal.ts';

interface Reasoned {
  readonly reason?: string;
}

export function modelsCommand(): Command {
  return new Command('models')
    .description('list, promote and roll back model versions')
    .addCommand(listCommand())
    .addCommand(promoteCommand())
    .addCommand(rollbackCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('list all model versions, newest first')
    .action(() => withStore(({ database }) => printVersions(database)));
}

function promoteCommand(): Command {
  return new Command('promote')
    .description('make a version active; running servers use it within two seconds')
    .argument('<id>', 'the number of the version, as shown by `models list`', positiveInteger)
    .option('--reason <text>', 'the reason, for the history of promotion decisions')
    .action((id: number, { reason }: Reasoned) =>
      withStore(async ({ database }, config) => {
        await checkVersion(database, await startEngine(config), id);
        const { taskKind } = await promoteByPerson(database, id, reason);
        print(`active: version ${id} of ${taskKind} tasks`);
      }),
    );
}

function rollbackCommand(): Command {
  return new Command('rollback')
    .description('make the version active again that was active before; a version that cannot make lists is skipped')
    .addOption(taskOption('roll back the active version of this kind of task'))
    .option('--reason <text>', 'the reason, for the history of promotion decisions')
    .action(({ task, reason }: Reasoned & { readonly task: TaskName }) =>
      withStore(async ({ database }, config) => {
        const taskKind = taskKindOf(task);
        const engine = await startEngine(config);
        const version = await rollBack(database, taskKind, reason, (id) => isUsable(database, engine, id));
        print(
          version ? `active: version ${version.id} of ${taskKind} tasks` : `no version of ${taskKind} tasks is active`,
        );
      }),
    );
}

const versionsPerPage = 100;

async function printVersions(database: Database): Promise<void> {
  print('id\ttask\tkind\tstate\tcreated\tmetrics');
  let before: number | undefined;
  for (;;) {
    const versions = await listModelVersions(database, { limit: versionsPerPage, before });
    const active = await areActive(
      database,
      versions.map(({ id }) => id),
    );
    for (const [index, version] of versions.entries()) print(rowOf(version, active[index] as boolean));
    if (versions.length < versionsPerPage) return;
    before = versions.at(-1)?.id;
  }
}

function rowOf(version: ModelVersionSummary, active: boolean): string {
  const { id, taskKind, kind, createdAt } = version;
  const metrics = metricsInWords(evaluationOf(version)?.overall.value ?? {});
  return [id, taskKind, kind, active ? 'active' : '-', createdAt.toISOString(), metrics || '-'].join('\t');
}
