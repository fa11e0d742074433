import DataLoader from 'dataloader';
import { itemsById } from '../catalog/items.ts';
import { scenariosById } from '../catalog/scenarios.ts';
import { usersById } from '../catalog/users.ts';
import { type ModelVersionSummary, modelVersionsById } from '../registry/model-registry.ts';
import { areActive, decisionsOfVersions } from '../registry/promotion.ts';
import { runsOfVersions } from '../registry/training-runs.ts';
import type { Database, Item, PromotionDecision, Scenario, TrainingRun, User } from '../store/database.ts';

/** Rows by internal id: all that one operation needs of a table come with one statement. */
export interface Loaders {
  readonly user: DataLoader<number, User>;
  readonly item: DataLoader<number, Item>;
  readonly scenario: DataLoader<number, Scenario>;
  readonly modelVersion: DataLoader<number, ModelVersionSummary>;
  /** Of model versions, by their ids. */
  readonly isActive: DataLoader<number, boolean>;
  readonly runOfVersion: DataLoader<number, TrainingRun | null>;
  readonly decisionsOfVersion: DataLoader<number, PromotionDecision[]>;
}

/** Made anew for each request, so that nothing is remembered from one to the next. */
export function createLoaders(database: Database): Loaders {
  return {
    user: loaderOf('user', (ids) => usersById(database, ids)),
    item: loaderOf('item', (ids) => itemsById(database, ids)),
    scenario: loaderOf('scenario', (ids) => scenariosById(database, ids)),
    modelVersion: loaderOf('model version', (ids) => modelVersionsById(database, ids)),
    isActive: new DataLoader((ids) => areActive(database, ids)),
    runOfVersion: new DataLoader((ids) => runsOfVersions(database, ids)),
    decisionsOfVersion: new DataLoader((ids) => decisionsOfVersions(database, ids)),
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
