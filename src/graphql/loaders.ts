import DataLoader from 'dataloader';
import { itemsById } from '../catalog/items.ts';
import { scenariosById } from '../catalog/scenarios.ts';
import { usersById } from '../catalog/users.ts';
import { type ModelVersionSummary, modelVersionsById } from '../registry/model-registry.ts';
import { lastRunsOfSchedules, retrainSchedulesById } from '../registry/retrain-schedules.ts';
import { epochsOfRuns, type LossPoint, logsOfRuns, lossCurves } from '../registry/training-events.ts';
import { trainingRunsById } from '../registry/training-runs.ts';
import type { Database, Item, RetrainSchedule, Scenario, TrainingRun, User } from '../store/database.ts';

/** Rows by internal id: all that one operation needs of a table come with one statement. */
export interface Loaders {
  readonly user: DataLoader<number, User>;
  readonly item: DataLoader<number, Item>;
  readonly scenario: DataLoader<number, Scenario>;
  readonly modelVersion: DataLoader<number, ModelVersionSummary>;
  readonly trainingRun: DataLoader<number, TrainingRun | null>;
  readonly retrainSchedule: DataLoader<number, RetrainSchedule | null>;
  /** Of training runs. */
  readonly lossCurve: DataLoader<number, LossPoint[]>;
  readonly epochs: DataLoader<number, Awaited<ReturnType<typeof epochsOfRuns>>[number]>;
  readonly trainingLog: DataLoader<number, Awaited<ReturnType<typeof logsOfRuns>>[number]>;
  /** Of schedules. */
  readonly lastRun: DataLoader<number, TrainingRun | null>;
}

/** Made anew for each request, so that nothing is remembered from one to the next. */
export function createLoaders(database: Database): Loaders {
  return {
    user: loaderOf('user', (ids) => usersById(database, ids)),
    item: loaderOf('item', (ids) => itemsById(database, ids)),
    scenario: loaderOf('scenario', (ids) => scenariosById(database, ids)),
    modelVersion: loaderOf('model version', (ids) => modelVersionsById(database, ids)),
    trainingRun: new DataLoader((ids) => trainingRunsById(database, ids)),
    retrainSchedule: new DataLoader((ids) => retrainSchedulesById(database, ids)),
    lossCurve: new DataLoader((ids) => lossCurves(database, ids)),
    epochs: new DataLoader((ids) => epochsOfRuns(database, ids)),
    trainingLog: new DataLoader((ids) => logsOfRuns(database, ids)),
    lastRun: new DataLoader((ids) => lastRunsOfSchedules(database, ids)),
  };
}

function loaderOf<T>(
  kind: string,
  find: (ids: readonly number[]) => Promise<(T | null)[]>,
): DataLoader<number, T> {
  return new DataLoader(async (ids) => {
    const rows = await find(ids);
    return rows.map((row, index) => row ?? new Error(`the ${kind} ${ids[index]} was deleted meanwhile`));
  });
}
