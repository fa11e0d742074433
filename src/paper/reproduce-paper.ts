import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { figureUnits } from './figure-units.ts';
import { drawFigures } from './figures.ts';
import { FinishedUnits } from './finished-units.ts';
import { checkPage, writeSection } from './marked-section.ts';
import { finishedMeasurements, measuredTable } from './measured-tables.ts';
import { isSeeded, modelUnits } from './model-units.ts';
import { type MissingTable, paperPage } from './paper-page.ts';
import { type PaperTable, paperTables } from './paper-tables.ts';
import type { Parts } from './parts.ts';
import { loadVega } from './render-chart.ts';
import { runUnits, type UnitProgress } from './run-units.ts';
import { datasets } from './settings.ts';
import { type DataSurvey, surveyData } from './survey-data.ts';
import type { RunConditions, Unit } from './unit.ts';

export interface PaperRequest {
  /** A MovieLens folder. */
  readonly data: string;
  readonly parts: Parts;
  readonly seeds: number;
  /** Maximum number of passes over the training tasks. Default: each model's own. */
  readonly epochs?: number;
  /** The page, which has the figures in a folder beside it. */
  readonly out: string;
  /** The file of finished units. */
  readonly work: string;
  /** Forgets what is finished. */
  readonly fresh: boolean;
  readonly engine: RunConditions['engine'];
  readonly openEngine: () => Promise<Engine>;
}

export interface PaperListeners {
  /** Called before anything is trained. */
  readonly onPlan: (plan: { readonly survey: DataSurvey; readonly units: number; readonly finished: number }) => void;
  readonly onProgress: (progress: UnitProgress) => void;
}

export interface Reproduction {
  /** The files that were written: the page and the figures. */
  readonly files: readonly string[];
  /** The titles of the units that failed. */
  readonly failed: readonly string[];
}

/**
 * Measures the tables and figures of the paper that the data allows, and writes them to a page. Continues where an
 * earlier call with the same request ended. Throws, before anything is trained, INVALID_DATA if the folder allows none
 * of them and INVALID_CONFIGURATION if a file cannot be written; later, INTERRUPTED when the signal aborts.
 */
export async function reproducePaper(
  request: PaperRequest,
  { onPlan, onProgress }: PaperListeners,
  signal: AbortSignal,
): Promise<Reproduction> {
  const { data, parts, seeds, epochs, out, work, fresh, engine, openEngine } = request;
  const finished = await FinishedUnits.open(work);
  await checkPage(out);
  await loadVega();
  const survey = await surveyData(data);
  const chosen = paperTables.filter(({ table }) => parts.tables.has(table));
  const { allowed, missing } = divide(chosen, survey);
  const conditions = { data: survey.fingerprint, engine, epochs };
  const models = modelUnits(allowed, { folder: data, seeds, conditions });
  const trained =
    'refused' in survey.settings.scenarios ? undefined : figureUnits({ folder: data, conditions, openEngine });
  const figures: readonly Unit[] = [
    ...(trained && parts.figures.has(3) ? [trained.contexts] : []),
    ...(trained && parts.figures.has(4) ? [trained.routes] : []),
  ];
  const units = [...models, ...figures];
  if (units.length === 0) throw nothingToMeasure(data, missing, survey);
  if (fresh) await finished.clear();
  onPlan({ survey, units: units.length, finished: units.filter(({ key }) => finished.get(key)).length });
  const failed = await runUnits(units, finished, { onProgress, signal });
  const measurementsOf = finishedMeasurements(models, finished);
  const drawn = await drawFigures({ parts, models, trained, finished, measurementsOf });
  const failures = failed.map(({ unit, message }) => ({ title: unit.title, message }));
  const page = paperPage({
    ...{ survey, seeds, epochs, only: parts.option, missing, failures },
    tables: allowed.map((table) => measuredTable(table, measurementsOf, (model) => isSeeded(table, model), seeds)),
    figures: drawn.map(({ title, name, text }) => ({ title, file: `figures/${name}`, text })),
  });
  const files = drawn.map(({ name, svg }) => ({ path: join(dirname(out), 'figures', name), svg }));
  if (files.length > 0) await mkdir(join(dirname(out), 'figures'), { recursive: true });
  for (const { path, svg } of files) await writeFile(path, svg);
  await writeSection(out, page);
  return { files: [out, ...files.map(({ path }) => path)], failed: failures.map(({ title }) => title) };
}

/** Divides the tables into those that the data allows and the others. */
function divide(tables: readonly PaperTable[], survey: DataSurvey) {
  const missing = tables.flatMap((table): MissingTable[] => {
    if (table.dataset !== 'movielens') return [{ table, needed: `expected ${datasets[table.dataset].needed}` }];
    const counts = survey.settings[table.setting];
    return 'refused' in counts ? [{ table, needed: counts.refused }] : [];
  });
  return { allowed: tables.filter((table) => !missing.some((one) => one.table === table)), missing };
}

function nothingToMeasure(data: string, missing: readonly MissingTable[], survey: DataSurvey): WarmstartError {
  const reasons = new Set(missing.map(({ needed }) => needed));
  const { scenarios } = survey.settings;
  if (reasons.size === 0 && 'refused' in scenarios) reasons.add(scenarios.refused);
  return new WarmstartError(
    'INVALID_DATA',
    `--data: ${data} allows none of the chosen tables and figures${[...reasons].map((reason) => `; ${reason}`).join('')}`,
  );
}
