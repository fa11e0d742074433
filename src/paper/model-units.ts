import { modelNames } from '../model-benchmark/benchmark-models.ts';
import { type BenchmarkRequest, requestedModel } from '../model-benchmark/benchmark-request.ts';
import { measureInProcess } from '../model-benchmark/measure-in-process.ts';
import { dependsOnSeed, type ModelMeasurement } from '../model-benchmark/measure-model.ts';
import { codeVersion, measuringFolders } from './code-version.ts';
import type { PaperTable } from './paper-tables.ts';
import { type SettingName, settings } from './settings.ts';
import { splitSeed } from './survey-data.ts';
import { type RunConditions, type Unit, unitKey } from './unit.ts';

/** The measurement of a model that was trained with one seed. */
export interface ModelUnit extends Unit<ModelMeasurement> {
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

/**
 * Returns the units that the tables need, each once, although several tables can have the same model. A model that
 * does not depend on the seed has one unit. The first seed of all models comes first, so that the estimate of the time
 * left is soon a good one.
 */
export function modelUnits(
  tables: readonly PaperTable[],
  {
    folder,
    seeds,
    conditions,
  }: { readonly folder: string; readonly seeds: number; readonly conditions: RunConditions },
): ModelUnit[] {
  const code = codeVersion(measuringFolders);
  const units = new Map<string, ModelUnit>();
  for (let seed = 1; seed <= seeds; seed++) {
    for (const { setting, rows } of tables) {
      for (const { model } of rows.filter((row) => modelExists({ setting }, row.model))) {
        const unit = modelUnit({ setting, model, seed, folder, conditions, code });
        if (unit && !units.has(unit.title)) units.set(unit.title, unit);
      }
    }
  }
  return [...units.values()];
}

interface UnitRequest extends Pick<ModelUnit, 'setting' | 'model' | 'seed'> {
  readonly folder: string;
  readonly conditions: RunConditions;
  readonly code: string;
}

/** Returns `undefined` if the first seed stands for this one. */
function modelUnit({ setting, model, seed, folder, conditions, code }: UnitRequest): ModelUnit | undefined {
  const { epochs } = conditions;
  const request: BenchmarkRequest = {
    ...settings[setting].request,
    data: folder,
    seeds: 1,
    firstSeed: seed,
    splitSeed,
    ...(epochs !== undefined && { epochs }),
  };
  const recipe = requestedModel(request, model);
  if (seed > 1 && !dependsOnSeed(recipe)) return undefined;
  const { data: _, ...measured } = request;
  const group = `${setting} ${model}`;
  return {
    key: unitKey(conditions, { measured, recipe, code }),
    title: `${group}, seed ${seed}`,
    group,
    setting,
    model,
    seed,
    run: (onProgress, signal) =>
      measureInProcess({ request, model }, { onProgress: (_seed, progress) => onProgress(progress) }, signal),
  };
}
