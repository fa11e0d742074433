import DataLoader from 'dataloader';
import { interactionCounts } from '../catalog/items.ts';
import { itemsOfScenarios, type PoolPage, poolSizes, scenariosOfItems } from '../catalog/scenarios.ts';
import { usersById } from '../catalog/users.ts';
import { WarmstartError } from '../common/errors.ts';
import { type InteractionsPage, interactionsOfUsers, type TimedPlace } from '../interactions/find-interactions.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { liveItems, liveScenarios } from '../live-catalog/live-rows.ts';
import { type ModelVersionSummary, modelVersionsById } from '../registry/model-registry.ts';
import { areActive, decisionsOfVersions } from '../registry/promotion.ts';
import { lastRunsOfSchedules, retrainSchedulesById } from '../runs/retrain-schedules.ts';
import { epochsOfRuns, type LossPoint, logsOfRuns, lossCurves } from '../runs/training-events.ts';
import { runsOfVersions, trainingRunsById } from '../runs/training-runs.ts';
import type {
  Database,
  Interaction,
  Item,
  PromotionDecision,
  RetrainSchedule,
  Scenario,
  TrainingRun,
  User,
} from '../store/database.ts';
import { type FoundNode, findNodes } from './find-nodes.ts';

/**
 * Loads rows, and what belongs to them, by internal ID. Each loader reads everything that one operation needs of its
 * kind with one statement. A field with arguments has one loader for each combination of arguments.
 */
export interface Loaders {
  readonly user: DataLoader<number, User>;
  readonly item: DataLoader<number, Item>;
  readonly scenario: DataLoader<number, Scenario>;
  readonly modelVersion: DataLoader<number, ModelVersionSummary>;
  /** Loads by ID; `null` for a version that has been deleted, because promotion decisions outlive versions. */
  readonly previousVersion: DataLoader<number, ModelVersionSummary | null>;
  /** Loads by global ID; `null` for an ID that no object has. */
  readonly node: DataLoader<string, FoundNode | null>;
  readonly interactionCount: DataLoader<number, number>;
  readonly scenariosOfItem: DataLoader<number, Scenario[]>;
  readonly poolSize: DataLoader<number, number>;
  readonly itemsOfScenario: (page: PoolPage) => DataLoader<number, Item[]>;
  readonly interactionsOfUser: (page: InteractionsPage<TimedPlace>) => DataLoader<number, Interaction[]>;
  /** This and the next two: by the ID of a model version. */
  readonly isActive: DataLoader<number, boolean>;
  readonly runOfVersion: DataLoader<number, TrainingRun | null>;
  readonly decisionsOfVersion: DataLoader<number, PromotionDecision[]>;
  readonly trainingRun: DataLoader<number, TrainingRun | null>;
  readonly retrainSchedule: DataLoader<number, RetrainSchedule | null>;
  /** This and the next two: by the ID of a training run. */
  readonly lossCurve: DataLoader<number, LossPoint[]>;
  readonly epochs: DataLoader<number, Awaited<ReturnType<typeof epochsOfRuns>>[number]>;
  readonly trainingLog: DataLoader<number, Awaited<ReturnType<typeof logsOfRuns>>[number]>;
  /** Loads by the ID of a schedule. */
  readonly lastRun: DataLoader<number, TrainingRun | null>;
}

/** What loaders read from. */
export interface LoaderSources {
  readonly database: Database;
  readonly catalog: LiveCatalog;
}

/** Maximum scenarios in `Item.scenarios`. */
const maxScenarios = 100;

/** How each loader is created. */
const creators: { readonly [Name in keyof Loaders]: (sources: LoaderSources) => Loaders[Name] } = {
  user: ({ database }) => loaderOf('user', (ids) => usersById(database, ids)),
  item: ({ catalog }) => loaderOf('item', (ids) => liveItems(catalog, ids)),
  scenario: ({ catalog }) => loaderOf('scenario', (ids) => liveScenarios(catalog, ids)),
  modelVersion: ({ database }) => loaderOf('model version', (ids) => modelVersionsById(database, ids)),
  previousVersion: ({ database }) => new DataLoader((ids) => modelVersionsById(database, ids)),
  node: ({ database }) => new DataLoader((ids) => findNodes(database, ids)),
  interactionCount: ({ database }) => new DataLoader((ids) => interactionCounts(database, ids)),
  scenariosOfItem: ({ database }) => new DataLoader((ids) => scenariosOfItems(database, maxScenarios, ids)),
  poolSize: ({ database }) => new DataLoader((ids) => poolSizes(database, ids)),
  itemsOfScenario: ({ database }) => loadersByArguments((page, ids) => itemsOfScenarios(database, page, ids)),
  interactionsOfUser: ({ database }) => loadersByArguments((page, ids) => interactionsOfUsers(database, page, ids)),
  isActive: ({ database }) => new DataLoader((ids) => areActive(database, ids)),
  runOfVersion: ({ database }) => new DataLoader((ids) => runsOfVersions(database, ids)),
  decisionsOfVersion: ({ database }) => new DataLoader((ids) => decisionsOfVersions(database, ids)),
  trainingRun: ({ database }) => new DataLoader((ids) => trainingRunsById(database, ids)),
  retrainSchedule: ({ database }) => new DataLoader((ids) => retrainSchedulesById(database, ids)),
  lossCurve: ({ database }) => new DataLoader((ids) => lossCurves(database, ids)),
  epochs: ({ database }) => new DataLoader((ids) => epochsOfRuns(database, ids)),
  trainingLog: ({ database }) => new DataLoader((ids) => logsOfRuns(database, ids)),
  lastRun: ({ database }) => new DataLoader((ids) => lastRunsOfSchedules(database, ids)),
};

const names = Object.keys(creators) as (keyof Loaders)[];

/** The prototype of all loaders: creates each at its first use, because an operation needs few of them. */
const createsLoaders = Object.defineProperties(
  {},
  Object.fromEntries(
    names.map((name) => [
      name,
      {
        get(this: { readonly sources: LoaderSources }) {
          const value = creators[name](this.sources);
          Object.defineProperty(this, name, { value, configurable: true });
          return value;
        },
      },
    ]),
  ),
);

/** Creates the loaders of one request. They must not be shared, because they cache what they load. */
export function createLoaders(sources: LoaderSources): Loaders {
  return Object.create(createsLoaders, { sources: { value: sources } }) as Loaders;
}

/** Forgets what all loaders have loaded, so that nothing cached remains after a mutation. */
export function renewLoaders(loaders: Loaders): void {
  for (const name of names) Reflect.deleteProperty(loaders, name);
}

function loaderOf<T>(kind: string, find: (ids: readonly number[]) => Promise<(T | null)[]>): DataLoader<number, T> {
  return new DataLoader(async (ids) => {
    const rows = await find(ids);
    return rows.map((row) => row ?? deletedMeanwhile(kind));
  });
}

/** Another request has deleted what this one has just read a reference to. */
function deletedMeanwhile(kind: string): Error {
  return new WarmstartError('UNAVAILABLE', `the ${kind} was deleted while the operation was answered; send it again`);
}

function loadersByArguments<Arguments, T>(
  find: (args: Arguments, ids: readonly number[]) => Promise<T[]>,
): (args: Arguments) => DataLoader<number, T> {
  const loaders = new Map<string, DataLoader<number, T>>();
  return (args) => {
    const name = JSON.stringify(args, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    const known = loaders.get(name);
    if (known) return known;
    const loader = new DataLoader<number, T>((ids) => find(args, ids));
    loaders.set(name, loader);
    return loader;
  };
}
