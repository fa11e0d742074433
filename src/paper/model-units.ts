import { modelNames } from '../model-benchmark/benchmark-models.ts';
import { type BenchmarkRequest, requestedModel } from '../model-benchmark/benchmark-request.ts';
import { measureInProcess } from '../model-benchmark/measure-in-process.ts';
import { dependsOnSeed, type ModelMeasurement } from '../model-benchmark/measure-model.ts';
import { codeVersion, measuringFolders } from './code-version.ts';
import type { PaperTable } from './paper-tables.ts';
import { type DatasetKind, partTitle, type SettingName, settings } from './settings.ts';
import { sizesFor } from './sizes-for.ts';
import { splitSeed } from './survey-data.ts';
import { type RunConditions, type Unit, unitKey } from './unit.ts';

/** The measurement of a model that was trained with one seed. */
export interface ModelUnit extends Unit<ModelMeasurement> {
  readonly dataset: DatasetKind;
  readonly setting: SettingName;
  readonly model: string;
  readonly seed: number;
}

/** Returns whether the benchmark has the model of a row. */
export function modelExists({ setting }: Pick<PaperTable, 'setting'>, model: string): boolean {
  return modelNames(settings[setting].protocol).includes(model);
}

/** Returns whether the numbers of a model of the table depend on the seed. */
export function isSeeded({ setting }: Pick<PaperTable, 'setting'>, model: string): boolean {
  return dependsOnSeed(requestedModel(settings[setting].request, model));
}

/** The folders of a dataset: one, or those of the domains of a hybrid. */
export interface DataSource {
  readonly folders: readonly string[];
  readonly conditions: RunConditions;
}

export type DataSources = Readonly<Partial<Record<DatasetKind, DataSource>>>;

/**
 * Returns the units that the tables need, each once, although several tables can have the same model. Tables without a
 * source are left out. A model that does not depend on the seed has one unit. The first seed of all models comes first,
 * so that the estimate of the time left is soon a good one.
 */
export function modelUnits(
  tables: readonly PaperTable[],
  { sources, seeds }: { readonly sources: DataSources; readonly seeds: number },
): ModelUnit[] {
  const code = codeVersion(measuringFolders);
  const units = new Map<string, ModelUnit>();
  for (let seed = 1; seed <= seeds; seed++) {
    for (const { dataset, setting, rows } of tables) {
      const source = sources[dataset];
      for (const { model } of source ? rows.filter((row) => modelExists({ setting }, row.model)) : []) {
        const unit = modelUnit({ dataset, setting, model, seed, source: source as DataSource, code });
        if (unit && !units.has(unit.title)) units.set(unit.title, unit);
      }
    }
  }
  return [...units.values()];
}

interface UnitRequest extends Pick<ModelUnit, 'dataset' | 'setting' | 'model' | 'seed'> {
  readonly source: DataSource;
  readonly code: string;
}

/** Returns `undefined` if the first seed stands for this one. */
function modelUnit({ source, code, ...about }: UnitRequest): ModelUnit | undefined {
  const { dataset, setting, model, seed } = about;
  const { epochs } = source.conditions;
  const measured: Omit<BenchmarkRequest, 'data'> = {
    ...settings[setting].request,
    seeds: 1,
    firstSeed: seed,
    splitSeed,
    ...(epochs !== undefined && { epochs }),
    config: sizesFor(dataset, model),
  };
  const recipe = requestedModel(measured, model);
  if (seed > 1 && !dependsOnSeed(recipe)) return undefined;
  const request = { ...measured, data: source.folders };
  const group = `${partTitle(about)} ${model}`;
  return {
    ...about,
    key: unitKey(source.conditions, { measured, recipe, code }),
    title: `${group}, seed ${seed}`,
    group,
    run: (onProgress, signal) =>
      measureInProcess({ request, model }, { onProgress: (_seed, progress) => onProgress(progress) }, signal),
  };
}
