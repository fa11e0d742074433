import type { Database, InputJsonValue, TaskKind, TrainingRun } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';

export interface TrainingRunStart {
  readonly taskKind: TaskKind;
  readonly config: unknown;
  readonly seed: number;
  readonly engine: string;
}

export async function startTrainingRun(
  database: Database,
  { config, ...start }: TrainingRunStart,
): Promise<TrainingRun> {
  return database.trainingRun.create({
    data: { ...start, status: 'RUNNING', startedAt: new Date(), config: config as InputJsonValue },
  });
}

export async function reportProgress(database: Database, id: number, progress: object): Promise<void> {
  await database.trainingRun.update({ where: { id }, data: { progress: progress as InputJsonValue } });
}

export async function finishTrainingRun(
  database: Database,
  id: number,
  modelVersionId: number,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  await database.trainingRun.update({
    where: { id },
    data: { status: 'SUCCEEDED', finishedAt: new Date(), modelVersionId, metrics },
  });
}

export async function failTrainingRun(database: Database, id: number, error: string): Promise<void> {
  await database.trainingRun.update({
    where: { id },
    data: { status: 'FAILED', finishedAt: new Date(), error },
  });
}

/** Runs by id, in the order asked for; `null` where there is none. */
export async function trainingRunsById(
  database: Database,
  ids: readonly number[],
): Promise<(TrainingRun | null)[]> {
  return inOrder(ids, await database.trainingRun.findMany({ where: { id: { in: [...ids] } } }));
}

/** The trainings that made these versions, in the order of the ids. */
export async function runsOfVersions(
  database: Database,
  versionIds: readonly number[],
): Promise<(TrainingRun | null)[]> {
  const runs = await database.trainingRun.findMany({ where: { modelVersionId: { in: [...versionIds] } } });
  const byVersion = new Map(runs.map((run) => [run.modelVersionId, run]));
  return versionIds.map((id) => byVersion.get(id) ?? null);
}
