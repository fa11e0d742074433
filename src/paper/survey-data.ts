import { createHash, type Hash } from 'node:crypto';
import { WarmstartError } from '../common/errors.ts';
import { type BenchmarkRequest, requestedModel } from '../model-benchmark/benchmark-request.ts';
import type { DatasetTables, RejectedRows } from '../model-benchmark/dataset-tables.ts';
import { type BenchmarkData, openExperiment, readBenchmarkData } from '../model-benchmark/open-experiment.ts';
import { type SettingName, settings } from './settings.ts';

/** The split of all measurements. */
export const splitSeed = 1;

/** What a dataset contains, and what can be measured on it. */
export interface DataSurvey {
  /** One folder, or the folders of the domains in their order. */
  readonly folders: readonly string[];
  readonly fingerprint: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly scenarios: number;
  readonly rejected: readonly RejectedRows[];
  readonly settings: Readonly<Partial<Record<SettingName, TaskCounts | Refusal>>>;
}

export interface TaskCounts {
  readonly trainingTasks: number;
  readonly testTasks: number;
}

/** Why the data does not allow a setting. */
export interface Refusal {
  readonly refused: string;
}

/** Reads a folder and splits it as each of the settings does. Throws INVALID_DATA if it cannot be read. */
export async function surveyData(folder: string, names: readonly SettingName[]): Promise<DataSurvey> {
  // Scenarios have interactions of every type: also all ratings, from which the settings about users pick theirs.
  const data = await readBenchmarkData({ taskKind: 'SCENARIO', data: folder, seeds: 1, splitSeed });
  const { users, items, interactions, scenarios } = data.tables;
  return {
    folders: [folder],
    fingerprint: fingerprint(data.tables),
    users: users.length,
    items: items.length,
    interactions: interactions.users.length,
    scenarios: scenarios.length,
    rejected: data.rejected,
    settings: Object.fromEntries(names.map((name) => [name, trySetting(name, folder, data)])),
  };
}

/** Returns the tasks of a setting. It must be one of the dataset's. */
export function countsOf({ settings }: DataSurvey, name: SettingName): TaskCounts | Refusal {
  const counts = settings[name];
  if (!counts) throw new Error(`expected a setting of the dataset, got ${name}`);
  return counts;
}

/** Any model will do: the tasks do not depend on it. */
const anyModel = 'dcn-paper';

function trySetting(name: SettingName, folder: string, data: BenchmarkData): TaskCounts | Refusal {
  const request: BenchmarkRequest = { ...settings[name].request, data: folder, seeds: 1, splitSeed };
  try {
    const { trainingTasks, testTasks } = openExperiment(request, data, requestedModel(request, anyModel));
    return { trainingTasks, testTasks };
  } catch (error) {
    if (!(error instanceof WarmstartError)) throw error;
    return { refused: error.message };
  }
}

/** Returns a hash of all that measurements read of a dataset, whatever the format of its files. */
export function fingerprint({ fields, users, items, scenarios, interactions }: DatasetTables): string {
  const hash = createHash('sha256').update(JSON.stringify(fields));
  for (const entities of [users, items]) {
    hash.update(`\0${entities.length}`);
    for (const entity of entities) hash.update(JSON.stringify(entity));
  }
  for (const { id, items } of scenarios) addColumn(hash.update(`\0${id}\0`), items);
  for (const column of Object.values(interactions)) if (column) addColumn(hash, column);
  return hash.digest('hex');
}

function addColumn(hash: Hash, { buffer, byteOffset, byteLength }: NodeJS.TypedArray): void {
  hash.update(`\0${byteLength}\0`).update(new Uint8Array(buffer, byteOffset, byteLength));
}
